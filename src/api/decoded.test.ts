import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { CODERS } from '../../test/support/codings.ts'
import { ADMIN_KEY, startTestApp, type TestApp } from '../../test/support/harness.ts'

const PROJECTS = '/v1/organization/projects'
const ACCEPT = '/v1/organization/invites/accept'

async function post(
  { fetch, url }: TestApp,
  path: string,
  body: Buffer,
  coding: string,
  key: string | null = ADMIN_KEY,
) {
  const headers = { 'content-type': 'application/json', 'content-encoding': coding }
  const reply = await fetch(url + path, {
    method: 'POST',
    headers: { ...headers, ...(key !== null && { authorization: `Bearer ${key}` }) },
    body: new Uint8Array(body),
  })
  return { status: reply.status, headers: reply.headers, body: JSON.parse(await reply.text()) }
}

const project = (name: string) => Buffer.from(JSON.stringify({ name }))

for (const [coding, code] of Object.entries(CODERS)) {
  test(`${coding}: a change is read as if it had come plain, or refused in the one shape`, async () => {
    await using app = await startTestApp()
    const made = await post(app, PROJECTS, code(project('ünpacked')), coding)
    assert.deepEqual([made.status, made.body.name], [200, 'ünpacked'])
    const coded = code(project('never'))
    const large = code(project(randomBytes(900_000).toString('base64')))
    const wrong: [bytes: Buffer, status: number, what: string][] = [
      [coded.subarray(0, -1), 400, 'cut'],
      [Buffer.concat([coded, Buffer.of(0)]), 400, 'more behind it'],
      [project('plain'), 400, 'not coded'],
      [code('{"name":'), 400, 'no JSON'],
      [code(Buffer.alloc(50_000_000, ' ')), 413, 'a bomb'],
      [large, 413, 'more than is taken'],
    ]
    for (const [bytes, status, what] of wrong) {
      const refused = await post(app, PROJECTS, bytes, coding)
      assert.equal(refused.status, status, what)
      assert.deepEqual(Object.keys(refused.body.error), ['message', 'type', 'param', 'code'], what)
    }
    assert.equal((await post(app, PROJECTS, code('{"nom":"x"}'), coding)).body.error.code, 'unknown_parameter')
    // A body is optional here, and none is none.
    const { data } = (await app.send('GET', PROJECTS)).body
    assert.deepEqual(
      data.map(({ name }: { name: string }) => name),
      ['Default project', 'ünpacked'],
    )
  })
}

test('nothing is decoded for strangers, and what is not read is 415 with the names of what is', async () => {
  await using app = await startTestApp()
  const coded = CODERS.gzip?.(project('x')) ?? Buffer.alloc(0)
  const stranger = await post(app, PROJECTS, coded.subarray(0, 5), 'gzip', 'sk-admin-nobodys')
  assert.equal(stranger.status, 401)
  const table: [path: string, coding: string, accepted: string][] = [
    [PROJECTS, 'compress', 'gzip, deflate, br, zstd'],
    [PROJECTS, 'gzip, gzip', 'gzip, deflate, br, zstd'],
    [ACCEPT, 'gzip', 'identity'],
    [ACCEPT, 'compress', 'identity'],
  ]
  for (const [path, coding, accepted] of table) {
    const { status, headers, body } = await post(app, path, coded, coding, path === ACCEPT ? null : ADMIN_KEY)
    assert.deepEqual([status, body.error.code], [415, 'unsupported_content_encoding'], coding)
    assert.equal(headers.get('accept-encoding'), accepted)
  }
  assert.equal((await post(app, PROJECTS, project('plain'), 'identity')).status, 200)
})
