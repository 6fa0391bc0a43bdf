import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { test } from 'node:test'
import { serve, until } from '../../process/gatehouse.ts'
import { openTestDatabase } from '../../support/databases.ts'
import { ADMIN_KEY } from '../../support/harness.ts'
import { formOf, head, openForm, projectAt, tail } from '../owned/forms.ts'
import { everywhere, keptFolder, keptStore, MB } from './kept.ts'

/*
 * Files that the gate keeps itself, where it is killed, and where the disk is full.
 */

for (const [database, kind] of everywhere) {
  test(`${database}, ${kind}: a server that is killed in the middle of a file has made none, and keeps those that it has told of`, async () => {
    await using own = await openTestDatabase(database)
    await using store = await keptStore(kind)
    const env = {
      ...{ GATEHOUSE_DATABASE_URL: own.url, GATEHOUSE_ADMIN_KEY: ADMIN_KEY, ...store.env },
      ...{ GATEHOUSE_UPSTREAM_URL: 'http://127.0.0.1:9/v1', GATEHOUSE_WORKERS: '2' },
    }
    let [key, id] = ['', '']
    const ask = (url: string, path: string, init: RequestInit = {}) =>
      fetch(url + path, { ...init, headers: { authorization: `Bearer ${key}`, ...init.headers } })
    {
      await using server = await serve({ env })
      key = (await projectAt(server.url, ADMIN_KEY)).key
      id = ((await (await ask(server.url, '/v1/files', { method: 'POST', body: formOf() })).json()) as { id: string })
        .id
      const { call, reply } = openForm(server.url, key)
      call.write(Buffer.alloc(MB))
      // What is on its way to a bucket is a file without a name, of which nobody else sees anything.
      if (kind === 'folder') await until(async () => (await store.drafts()).length > 0, 'it is being written')
      server.signal('SIGKILL')
      await server.ended
      assert.equal(await reply, null)
    }
    assert.equal((await store.drafts()).length > 0, kind === 'folder')
    await using server = await serve({ env })
    for (let i = 0; i < 6; i++) {
      const { data } = (await (await ask(server.url, '/v1/files')).json()) as { data: { id: string }[] }
      assert.deepEqual(
        data.map((file) => file.id),
        [id],
      )
      assert.equal(await (await ask(server.url, `/v1/files/${id}/content`)).text(), 'x')
    }
  })
}

test('where there is no room for more, that is said, nothing is kept, and what is there stays', async (t) => {
  await using own = await openTestDatabase('sqlite')
  await using folder = await keptFolder()
  const env = {
    ...{ GATEHOUSE_DATABASE_URL: own.url, GATEHOUSE_ADMIN_KEY: ADMIN_KEY, GATEHOUSE_FILES: folder.path },
    GATEHOUSE_UPSTREAM_URL: 'http://127.0.0.1:9/v1',
  }
  await using server = await serve({ env })
  const { key } = await projectAt(server.url, ADMIN_KEY)
  const headers = { authorization: `Bearer ${key}` }
  const file = (await (await fetch(`${server.url}/v1/files`, { method: 'POST', headers, body: formOf() })).json()) as {
    id: string
  }
  // A file of this process can be so long: to whoever writes it that is as a disk that is full.
  const limited = spawnSync('prlimit', ['--pid', String(server.child.pid), `--fsize=${8 * MB}`])
  if (limited.status !== 0) return t.skip('there is no prlimit here')
  const form = { ...headers, 'content-type': 'multipart/form-data; boundary=b' }
  const call = request(`${server.url}/v1/files`, { method: 'POST', headers: form, agent: false })
  call.on('error', () => {})
  call.end(Buffer.concat([Buffer.from(head), Buffer.alloc(12 * MB), Buffer.from(tail)]))
  const [response] = (await once(call, 'response')) as [IncomingMessage]
  const body = JSON.parse(Buffer.concat(await Array.fromAsync(response)).toString())
  assert.deepEqual([response.statusCode, body.error.code], [507, 'insufficient_storage'])
  assert.equal(response.headers['x-should-retry'], 'false')
  assert.deepEqual(await folder.list('drafts'), [])
  assert.equal(await (await fetch(`${server.url}/v1/files/${file.id}/content`, { headers })).text(), 'x')
  assert.ok(server.log.some(({ msg }) => msg === 'request failed'))
})
