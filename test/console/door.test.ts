import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { isConsoleBuilt } from '../../src/config/doors.ts'
import { Wire } from '../gateway/wire.ts'
import { startTestApp } from '../support/harness.ts'

const skip = !isConsoleBuilt() && 'the console is not built: npm run console'
const only = 'admin,gateway,docs,console'

/** What a plain client gets, in the coding that it asks for. */
async function ask(url: string, path: string, { coding = 'identity', method = 'GET' } = {}) {
  using wire = await Wire.open(url)
  await wire.send(`${method} ${path} HTTP/1.1\r\nHost: gate\r\nAccept-Encoding: ${coding}\r\n\r\n`)
  return await wire.reply(method)
}

const filesIn = (page: string) => [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => path)

test('every path of the console is the one page, which nobody keeps and which may do nothing but ask this server', {
  skip,
}, async () => {
  await using app = await startTestApp({ only })
  const { status, headers, body } = await ask(app.url, '/')
  assert.equal(status, 200)
  assert.equal(headers['content-type'], 'text/html; charset=utf-8')
  assert.equal(headers['cache-control'], 'no-store')
  assert.equal(headers['x-content-type-options'], 'nosniff')
  assert.equal(headers['referrer-policy'], 'no-referrer')
  const policy = headers['content-security-policy'] ?? ''
  for (const rule of ["default-src 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"]) {
    assert.ok(policy.split('; ').includes(rule), rule)
  }
  assert.doesNotMatch(policy, /unsafe|\*|https?:/)
  assert.doesNotMatch(`${body}`, /<style|<script(?![^>]* src=)| style=| on[a-z]+=/)
  for (const path of [
    '/sign-in',
    '/sign-in/link',
    '/invite',
    '/projects/proj_x/keys?after=key_x',
    '/people',
    '/groups/group_x',
    '/admin-keys',
    '/keys',
    '/roles/role_x',
    '/certificates',
    '/webhooks/whe_x',
    '/usage',
    '/playground',
    '/audit-log',
    '/profile',
  ]) {
    const other = await ask(app.url, path)
    assert.deepEqual([other.status, `${other.body}`], [200, `${body}`], path)
  }
  const head = await ask(app.url, '/', { method: 'HEAD' })
  assert.deepEqual([head.status, head.headers['content-length'], head.body.length], [200, `${body.length}`, 0])
  const post = await ask(app.url, '/projects', { method: 'POST' })
  assert.deepEqual([post.status, post.headers.allow], [405, 'GET, HEAD'])
})

test('the files that the page names are there, for ever, and are the same in every coding', { skip }, async () => {
  await using app = await startTestApp({ only })
  const page = `${(await ask(app.url, '/')).body}`
  assert.ok(filesIn(page).length >= 3)
  for (const path of filesIn(page)) {
    const plain = await ask(app.url, path)
    assert.equal(plain.status, 200, path)
    assert.equal(plain.headers['cache-control'], 'public, max-age=31536000, immutable')
    assert.match(plain.headers['content-type'] ?? '', /^(text\/(javascript|css)|image\/svg)/)
    if (plain.body.length < 1024) continue
    const br = await ask(app.url, path, { coding: 'gzip, deflate, br, zstd' })
    assert.deepEqual([br.headers['content-encoding'], br.headers.vary], ['br', 'accept-encoding'])
    assert.ok(brotliDecompressSync(br.body).equals(plain.body))
    const gzip = await ask(app.url, path, { coding: 'br;q=0, gzip' })
    assert.equal(gzip.headers['content-encoding'], 'gzip')
    assert.ok(gunzipSync(gzip.body).equals(plain.body))
  }
})

test('what is no file and no page of the console is what it is without one', { skip }, async () => {
  await using app = await startTestApp({ only })
  const strange = [
    '/assets/nothing.js',
    '/assets/',
    '/assets/../index.html',
    '/assets/..%2findex.html',
    '/assets/%00',
    '/index.html',
    '/Projects',
    '/projectss',
    '//projects',
    '/sign-in%2f..',
  ]
  for (const path of strange) {
    const { status, body } = await ask(app.url, path)
    assert.equal(status, 404, path)
    assert.equal(JSON.parse(`${body}`).error.type, 'invalid_request_error', path)
  }
  for (const path of ['/healthz', '/readyz', '/openapi.json']) {
    const { status, headers } = await ask(app.url, path)
    assert.deepEqual([status, headers['content-type']], [200, 'application/json; charset=utf-8'], path)
  }
})

test('without the door of the console `/` says what is served, and an invite has the page that it had', async () => {
  await using app = await startTestApp({ only: 'admin,gateway' })
  assert.deepEqual((await app.send('GET', '/')).body.doors, ['admin', 'gateway'])
  assert.match((await app.send('GET', '/invite')).text, /<title>Accept your invite<\/title>/)
  assert.equal((await app.send('GET', '/projects')).status, 404)
})

test('several threads serve the console too', { skip }, async () => {
  await using app = await startTestApp({ only, env: { GATEHOUSE_WORKERS: '2' } })
  const page = `${(await ask(app.url, '/projects')).body}`
  for (const path of filesIn(page)) assert.equal((await ask(app.url, path, { coding: 'br' })).status, 200, path)
})
