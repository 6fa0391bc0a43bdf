import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toFile } from 'openai'
import type { ResponseOutputItem } from 'openai/resources/responses/responses'
import { databases, openTestDatabase } from '../../support/databases.ts'
import { startTestApp } from '../../support/harness.ts'
import { until } from '../../support/until.ts'
import { envOf, startShared } from './shared.ts'

const text = (content: string, name: string) => toFile(Buffer.from(content), name)
const ids = (all: readonly { id: string }[]) => all.map(({ id }) => id)
const refused = (id: string, param: string | null = null) => ({
  status: 404,
  error: { message: `Container with id '${id}' not found.`, type: 'invalid_request_error', param, code: null },
})

/** The container that a tool ran in, and the file that it made there, as an answer names them. */
function made(output: readonly ResponseOutputItem[]): { id: string; file: string | null } {
  let [id, file]: [string, string | null] = ['', null]
  for (const item of output) {
    if (item.type === 'code_interpreter_call') id = item.container_id
    if (item.type === 'shell_call' && item.environment?.type === 'container_reference')
      id = item.environment.container_id
    if (item.type !== 'message') continue
    const [part] = item.content
    const [cited] = part?.type === 'output_text' ? part.annotations : []
    if (cited?.type === 'container_file_citation') file = cited.file_id
  }
  return { id, file }
}

const interpreter = [{ type: 'code_interpreter' as const, container: { type: 'auto' as const } }]
const shell = [{ type: 'shell' as const, environment: { type: 'container_auto' as const } }]

for (const database of databases) {
  test(`${database}: a container and its files are made, read, listed and deleted by their project, as without a gate`, async () => {
    await using it = await startShared({ database, nobody: { containers: 5 } })
    const { a, b } = it
    const { containers } = a.client
    const one = await containers.create({ name: 'one', expires_after: { anchor: 'last_active_at', minutes: 20 } })
    const two = await containers.create({ name: 'two', network_policy: { type: 'disabled' } })
    await b.client.containers.create({ name: 'one' })
    assert.deepEqual(ids(await Array.fromAsync(containers.list({ limit: 1 }))), [two.id, one.id])
    assert.deepEqual(ids((await containers.list({ name: 'one' })).data), [one.id])
    assert.deepEqual(ids((await containers.list({ name: 'nobody' })).data), [])
    const within = { container_id: one.id }
    const file = await containers.files.create(one.id, { file: await text('in it', 'a.txt') })
    const brought = await a.client.files.create({ file: await text('brought', 'b.txt'), purpose: 'user_data' })
    const copied = await containers.files.create(one.id, { file_id: brought.id })
    assert.deepEqual(ids(await Array.fromAsync(containers.files.list(one.id, { limit: 1 }))), [copied.id, file.id])
    assert.equal(await (await containers.files.content.retrieve(copied.id, within)).text(), 'brought')
    assert.equal((await containers.files.retrieve(file.id, within)).bytes, 5)
    await containers.files.delete(file.id, within)
    await assert.rejects(containers.files.retrieve(file.id, within), { status: 404 })
    await containers.delete(one.id)
    await assert.rejects(containers.retrieve(one.id), refused(one.id))
    await assert.rejects(containers.files.list(one.id), refused(one.id))
  })

  for (const [what, tools] of [
    ['an interpreter', interpreter],
    ['a shell', shell],
  ] as const) {
    for (const store of [true, false]) {
      test(`${database}: a container that ${what} made is its project's, wherever an answer shows it${store ? '' : ', also one that is not stored'}`, async () => {
        await using it = await startShared({ database })
        const { a, b, app } = it
        const ask = { model: 'm1', input: 'x', tools: [...tools], store }
        const whole = await a.client.responses.create(ask)
        const streamed = await a.client.responses.create({ ...ask, stream: true })
        const output: ResponseOutputItem[] = []
        for await (const event of streamed)
          if (event.type === 'response.completed') output.push(...event.response.output)
        for (const { id, file } of [made(whole.output), made(output)]) {
          assert.equal((await a.client.containers.retrieve(id)).id, id)
          const listed = await a.client.containers.list()
          assert.ok(ids(listed.data).includes(id))
          await assert.rejects(b.client.containers.retrieve(id), refused(id))
          await assert.rejects(b.client.containers.files.list(id), refused(id))
          const named = { ...ask, tools: [{ type: 'code_interpreter' as const, container: id }] }
          await assert.rejects(b.client.responses.create(named), refused(id, 'container'))
          assert.equal(made((await a.client.responses.create(named)).output).id, id)
          if (file === null) continue
          const within = { container_id: id }
          assert.equal(await (await a.client.containers.files.content.retrieve(file, within)).text(), 'drawn\n')
          await assert.rejects(b.client.containers.files.retrieve(file, within), refused(id))
          // In a container of its own, another's file is none.
          const own = { container_id: (await b.client.containers.create({ name: 'x' })).id }
          await assert.rejects(b.client.containers.files.retrieve(file, own), {
            status: 404,
            error: {
              message: `Container file with id '${file}' not found.`,
              type: 'invalid_request_error',
              param: null,
              code: null,
            },
          })
        }
        const kept = await app.db.selectFrom('owned').select('project_id').where('kind', '=', 'container').execute()
        assert.equal(kept.filter(({ project_id }) => project_id === a.projectId).length, 2)
      })
    }
  }

  test(`${database}: a file that a tool made and named nowhere is its project's when a list shows it`, async () => {
    await using it = await startShared({ database })
    const { a, b, account } = it
    const { id } = await a.client.containers.create({ name: 'x' })
    const { addContainerFile } = await import('../account/containers.ts')
    const { Content } = await import('../account/content.ts')
    const hidden = addContainerFile(account.containers, id, { filename: 'h.txt', content: Content.of('h') })
    const within = { container_id: id }
    await assert.rejects(a.client.containers.files.retrieve(hidden.id, within), { status: 404 })
    assert.deepEqual(ids((await a.client.containers.files.list(id)).data), [hidden.id])
    assert.equal((await a.client.containers.files.retrieve(hidden.id, within)).id, hidden.id)
    await assert.rejects(b.client.containers.files.list(id), refused(id))
  })
}

test('an answer that was stored before containers were offered makes its own the project’s when it is read again', async () => {
  await using own = await openTestDatabase('sqlite')
  await using it = await startShared({ databaseUrl: own.url, env: { GATEHOUSE_UPSTREAM_OFFERS: '' } })
  const { a, app, account } = it
  const answer = await a.client.responses.create({ model: 'm1', input: 'x', tools: interpreter })
  const { id, file } = made(answer.output)
  const path = `/v1/containers/${id}`
  assert.equal((await app.send('GET', path, { key: a.key })).body.error.code, 'not_offered')
  await using next = await startTestApp({ databaseUrl: own.url, env: envOf(account) })
  assert.equal((await next.send('GET', path, { key: a.key })).status, 404)
  await until(
    async () => (await next.send('GET', `/v1/responses/${answer.id}`, { key: a.key })).status === 200,
    'it is written',
  )
  for (const one of [path, `${path}/files/${file}`])
    assert.equal((await next.send('GET', one, { key: a.key })).status, 200)
})

test('what a container is told is what the original knows, reaches no host, and names nothing in any other way', async () => {
  await using it = await startShared()
  const { a, account, app } = it
  const { id } = await a.client.containers.create({ name: 'x' })
  const file = await a.client.files.create({ file: await text('x', 'x.txt'), purpose: 'user_data' })
  const [nobodys = ''] = account.fill({ files: 1 }).files
  const asked = account.requests.length
  const [all, files, responses] = ['/v1/containers', `/v1/containers/${id}/files`, '/v1/responses']
  const open = { type: 'allowlist', allowed_domains: ['example.com'] }
  const run = (tool: object) => ({ model: 'm1', input: 'x', tools: [tool] })
  const table: [path: string, body: object, code: string | null, param: string][] = [
    [all, { name: 'x', model: 'm1' }, 'unknown_parameter', 'model'],
    [all, { name: 'x', fileIds: [file.id] }, 'unknown_parameter', 'fileIds'],
    [all, { name: 'x', file_ids: [file.id, nobodys] }, null, 'file_ids'],
    [all, { name: 'x', skills: [{ type: 'skill_reference', skill_id: 's' }] }, 'not_offered', 'skills'],
    [
      all,
      { name: 'x', skills: [{ type: 'inline', name: 's', description: 's', source: {} }] },
      'not_offered',
      'skills',
    ],
    [all, { name: 'x', network_policy: open }, 'not_offered', 'network_policy'],
    [all, { name: 'x', network_policy: { type: 'disabled', allowed_domains: ['x'] } }, 'not_offered', 'network_policy'],
    [all, { name: 'x', network_policy: 'allowlist' }, 'not_offered', 'network_policy'],
    [all, { name: 'x', Network_Policy: open }, 'unknown_parameter', 'Network_Policy'],
    [files, { file_id: nobodys }, null, 'file_id'],
    [files, { file_id: file.id, path: '/x' }, 'unknown_parameter', 'path'],
    [
      responses,
      run({ type: 'code_interpreter', container: { type: 'auto', network_policy: open } }),
      'not_offered',
      'tools[0].container.network_policy',
    ],
    [
      responses,
      run({ type: 'code_interpreter', container: { type: 'auto', Network_policy: open } }),
      'not_offered',
      'tools[0].container.Network_policy',
    ],
    [
      responses,
      run({ type: 'code_interpreter', container: { type: 'auto', networkPolicy: open } }),
      'not_offered',
      'tools[0].container.networkPolicy',
    ],
    [
      responses,
      run({ type: 'shell', environment: { type: 'container_auto', network_policy: open } }),
      'not_offered',
      'tools[0].environment.network_policy',
    ],
    [
      responses,
      run({ type: 'code_interpreter', container: { type: 'auto', id } }),
      'not_offered',
      'tools[0].container.id',
    ],
    [responses, run({ type: 'code_interpreter', container: { id } }), 'not_offered', 'tools[0].container'],
    [responses, run({ type: 'code_interpreter', container: [id] }), 'not_offered', 'tools[0].container'],
    [responses, run({ type: 'code_interpreter', Container: 'cntr_x' }), 'not_offered', 'tools[0].Container'],
    [responses, run({ type: 'code_interpreter', containerId: id }), 'not_offered', 'tools[0].containerId'],
    [responses, { ...run({ type: 'x' }), container: id }, 'not_offered', 'container'],
    ['/v1/chat/completions', { model: 'm1', messages: [], container: id }, 'not_offered', 'container'],
  ]
  for (const [path, body, code, param] of table) {
    const reply = await app.send('POST', path, { key: a.key, body })
    const { error } = reply.body
    assert.deepEqual([error?.code, error?.param], [code, param], `${JSON.stringify(body)}: ${reply.text}`)
  }
  const forms: [Record<string, string | null>, number, string][] = [
    [{ file_id: nobodys }, 404, 'file_id'],
    [{ file_id: `${file.id} ` }, 404, 'file_id'],
    [{ fileId: file.id }, 400, 'fileId'],
    [{ path: '/x', file: null }, 400, 'path'],
    [{ file_id: file.id, file: null }, 400, 'file_id'],
    [{}, 400, 'file'],
  ]
  for (const [fields, status, param] of forms) {
    const body = new FormData()
    for (const [name, value] of Object.entries(fields))
      body.append(name, value ?? new Blob(['x']), ...((value === null ? ['x.bin'] : []) as []))
    if (Object.keys(fields).length === 0) body.append('x', '')
    const reply = await fetch(app.url + files, { method: 'POST', headers: { authorization: `Bearer ${a.key}` }, body })
    const { error } = (await reply.json()) as { error: { param: string } }
    assert.deepEqual(
      [reply.status, error.param],
      [status, Object.keys(fields).length === 0 ? 'x' : param],
      JSON.stringify(fields),
    )
  }
  assert.equal(account.requests.length, asked, 'the model server was asked')
})
