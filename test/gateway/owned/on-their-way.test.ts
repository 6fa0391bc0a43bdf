import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../../process/gatehouse.ts'
import { modelsFile } from '../../support/models-file.ts'
import { startAccount } from '../account/account.ts'
import { generated } from '../account/content.ts'
import { formOf, head, openForm, tail } from './forms.ts'
import { startShared } from './shared.ts'

/*
 * Files while they go up and come down.
 */

const MB = 1_048_576

test('a file goes on while it comes; whoever leaves, or loses the right to send it meanwhile, has made none', async () => {
  await using it = await startShared()
  const { account, app, a } = it
  const some = Buffer.alloc(MB, 'x')
  const sent = () => account.requests.filter(({ method }) => method === 'POST')
  const comes = (number: number) =>
    until(() => (sent()[number]?.bytes ?? 0) > MB / 2, 'the account has what was sent so far')
  const isOver = (number: number) =>
    until(() => sent()[number]?.ended === true, 'the account hears that nobody goes on')
  const left = openForm(app.url, a.key)
  left.call.write(some)
  await comes(0)
  left.call.destroy()
  assert.equal(await left.reply, null)
  await isOver(0)
  const revoked = openForm(app.url, a.key)
  revoked.call.write(some)
  await comes(1)
  await app.admin().organization.projects.serviceAccounts.delete(a.accountId, { project_id: a.projectId })
  revoked.call.end(tail)
  assert.equal(await revoked.reply, 401)
  await isOver(1)
  assert.equal(account.files.size, 0)
})

test('files that are larger than any body go up and come down', async () => {
  await using it = await startShared()
  const { app, a } = it
  const bytes = 96 * MB
  const headers = { authorization: `Bearer ${a.key}`, 'content-type': 'multipart/form-data; boundary=b' }
  function* form() {
    yield Buffer.from(head)
    yield* generated(bytes, 7)
    yield Buffer.from(tail)
  }
  const body = ReadableStream.from(form())
  const reply = await fetch(`${app.url}/v1/files`, { method: 'POST', headers, body, duplex: 'half' })
  const file = (await reply.json()) as { id: string; bytes: number }
  assert.deepEqual([reply.status, file.bytes], [200, bytes])
  let came = 0
  for await (const chunk of (await fetch(`${app.url}/v1/files/${file.id}/content`, { headers })).body ?? [])
    came += chunk.length
  assert.equal(came, bytes)
  const announced = { ...headers, 'content-length': String(600 * MB) }
  const call = request(`${app.url}/v1/files`, { method: 'POST', headers: announced, agent: false })
  const status = new Promise((resolve) =>
    call.once('response', (response) => resolve(response.statusCode)).on('error', () => {}),
  )
  call.flushHeaders()
  assert.equal(await status, 413)
  call.destroy()
})

test('a file may take longer than any other body; once it is refused it may not, whatever of it still comes', async () => {
  const patience = { unreadMs: 400, wholeMs: 200, paceMs: 600_000, paceBytes: 1 }
  await using it = await startShared({ patience })
  const { app, a } = it
  const slow = () => app.metric('gatehouse_connections_cut_total{reason="slow"}')
  const { call, reply } = openForm(app.url, a.key)
  for (let looks = 0; looks < 20; looks++) {
    call.write('x')
    await sleep(50)
  }
  call.end(tail)
  assert.deepEqual([await reply, await slow()], [200, 0])
  const refused = openForm(app.url, a.key, { connection: 'keep-alive' })
  refused.call.write('\r\n--b\r\ncontent-disposition: form-data; name="model"\r\n\r\nm1\r\n')
  assert.equal(await refused.reply, 400)
  await until(async () => (await slow()) === 1, 'the cut of who does not go on')
  refused.call.destroy()
})

test('a file whose client leaves when all of it has come is the project’s', async () => {
  await using it = await startShared()
  const { account, app, a } = it
  using hold = account.hold('POST /v1/files', 'answer')
  const { call, reply } = openForm(app.url, a.key)
  call.end(`x${tail}`)
  await until(() => hold.reached === 1, 'the file is made')
  call.destroy()
  assert.equal(await reply, null)
  hold.release()
  await until(async () => (await app.db.selectFrom('owned').select('id').execute()).length === 1, 'its owner')
  const [file] = (await a.client.files.list()).data
  assert.equal(file?.id, account.files.values()[0]?.id)
})

test('a file for a model server that cannot be reached is a failure of that, and the next one goes up', async () => {
  const { url, key } = await (async () => {
    await using gone = await startAccount()
    return { url: gone.url, key: gone.key }
  })()
  await using it = await startShared({ env: { GATEHOUSE_UPSTREAM_URL: url, GATEHOUSE_UPSTREAM_KEY: key } })
  const headers = { authorization: `Bearer ${it.a.key}` }
  const reply = await fetch(`${it.app.url}/v1/files`, { method: 'POST', headers, body: formOf() })
  assert.equal(reply.status, 502)
  assert.equal(((await reply.json()) as { error: { code: string } }).error.code, 'upstream_unreachable')
})

test('files on their way hold no more than bodies may: beyond is 503, and it is given back', async () => {
  await using file = await modelsFile({}, { body_budget_mb: 64 })
  await using it = await startShared({ env: { GATEHOUSE_CONFIG: file.path } })
  const { account, app, a } = it
  // Half of the budget is one project's, and each of these waits with as much as is held of it at most.
  const room = Math.floor((32 * MB) / (262_144 + 65_536))
  using hold = account.hold('POST /v1/files')
  const forms = Array.from({ length: room + 5 }, () => openForm(app.url, a.key))
  const refusals: (number | null)[] = []
  for (const { reply } of forms) void reply.then((status) => refusals.push(status))
  await until(() => refusals.length === 5 && hold.reached === room, 'those beyond are refused')
  assert.deepEqual(refusals, [503, 503, 503, 503, 503])
  for (const { call } of forms) call.destroy()
  await until(async () => (await app.metric('gatehouse_body_bytes')) === 0, 'it is given back')
})

test('what the model server does not take yet the client keeps', async () => {
  await using it = await startShared()
  using hold = it.account.hold('POST /v1/files')
  const { call } = openForm(it.app.url, it.a.key)
  for (let i = 0; i < 64; i++) call.write(Buffer.alloc(MB, 'x'))
  await until(() => hold.reached === 1, 'it is on its way')
  const sent = () => (call.socket?.bytesWritten ?? 0) - (call.socket?.writableLength ?? 0)
  let last = -1
  await until(async () => {
    const before = last
    last = sent()
    if (last !== before) await sleep(300)
    return last === before
  }, 'nothing more is taken')
  // What the system holds between four ends of two connections, and little here.
  assert.ok(last < 32 * MB, `${last / MB} MB`)
  call.destroy()
})
