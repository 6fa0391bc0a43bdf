import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type CertificateAuthority, type KeyPair, makeCertificate, makeClient } from '../support/certificates.ts'
import { databases } from '../support/databases.ts'
import { ADMIN_KEY, startTestApp, type TestApp, type TestAppOptions } from '../support/harness.ts'
import { auditRows } from '../support/policy-callers.ts'
import { asSession, signInNew } from '../support/signing-in.ts'
import { keptConnection, type TlsFiles, tlsFetch, tlsFiles } from './tls.ts'

let files: TlsFiles
let authority: CertificateAuthority
let other: CertificateAuthority
let [client, theirs]: KeyPair[] = []
before(async () => {
  files = await tlsFiles()
  ;[authority, other] = await Promise.all([makeCertificate('authority'), makeCertificate('other')])
  ;[client, theirs] = await Promise.all([makeClient(authority), makeClient(other)])
})
after(() => files[Symbol.asyncDispose]())

const LIST = '/v1/organization/projects?limit=1'
const CERTIFICATES = '/v1/organization/certificates'
const required = [401, 'client_certificate_required']
const invalid = [401, 'client_certificate_invalid']
const lockedOut = [400, 'certificate_would_lock_out']
const done = [200, null]

/** A server with both authorities uploaded, and three who connect to it: with a client certificate of each, and with none. */
async function startGuarded(options: TestAppOptions = {}) {
  await using stack = new AsyncDisposableStack()
  const env = { ...files.env, GATEHOUSE_ADMIN_MTLS: 'on', GATEHOUSE_PUBLIC_URL: '', ...options.env }
  const app = stack.use(await startTestApp({ ...options, env, fetch: tlsFetch(files.ca) }))
  const upload = async ({ pem }: CertificateAuthority) =>
    (await app.admin().organization.certificates.create({ certificate: pem, name: 'authority' })).id
  const ids = { mine: await upload(authority), theirs: await upload(other) }
  const connect = (pair?: KeyPair) => {
    const connection = stack.use(keptConnection(app.url, files.ca, pair))
    return async (path: string, body?: unknown) => {
      const { status, code } = await connection.call(path, ADMIN_KEY, { body })
      return [status, code]
    }
  }
  const people = { known: connect(client), stranger: connect(theirs), nobody: connect() }
  const rest = stack.move()
  return { app, ids, ...people, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

const act = (what: 'activate' | 'deactivate', ...certificate_ids: string[]) =>
  [`${CERTIFICATES}/${what}`, { certificate_ids }] as const

async function activeOnes(app: TestApp): Promise<string[]> {
  const active = app.db.selectFrom('certificate').select('id').where('activated_at', 'is not', null).orderBy('id')
  return (await active.execute()).map(({ id }) => id)
}

for (const database of databases) {
  test(`${database}: with GATEHOUSE_ADMIN_MTLS an active certificate of the organization closes its administration`, async () => {
    await using server = await startGuarded({ database })
    const { app, ids, known, stranger, nobody } = server
    const all = async () => [await known(LIST), await stranger(LIST), await nobody(LIST)]
    assert.deepEqual(await all(), [done, done, done])
    assert.deepEqual(await known(...act('activate', ids.mine)), done)
    assert.deepEqual(await all(), [done, invalid, required])
    assert.deepEqual(await nobody(...act('deactivate', ids.mine)), required)
    assert.deepEqual(await known(...act('activate', ids.theirs)), done)
    assert.deepEqual(await all(), [done, done, required])
    assert.deepEqual(await stranger(...act('deactivate', ids.mine, ids.theirs)), done)
    assert.deepEqual(await all(), [done, done, done])
    const refused = app.db.selectFrom('audit_log').select('payload').where('type', '=', 'login.failed')
    const codes = (await refused.execute()).map(({ payload }) => JSON.parse(payload).error_code)
    assert.deepEqual(new Set(codes), new Set(['client_certificate_invalid', 'client_certificate_required']))
  })

  test(`${database}: a change that the calling connection itself would not pass is refused, and changes nothing`, async () => {
    await using server = await startGuarded({ database })
    const { app, ids, known, stranger, nobody } = server
    for (const [who, body] of [
      [nobody, act('activate', ids.mine)],
      [stranger, act('activate', ids.mine)],
    ] as const) {
      assert.deepEqual(await who(...body), lockedOut)
      assert.deepEqual(await activeOnes(app), [])
    }
    assert.deepEqual(await known(...act('activate', ids.mine, ids.theirs)), done)
    assert.deepEqual(await known(...act('deactivate', ids.mine)), lockedOut)
    assert.deepEqual(await activeOnes(app), [ids.mine, ids.theirs])
    assert.deepEqual(await stranger(...act('deactivate', ids.mine)), done)
    assert.deepEqual(await known(LIST), invalid)
    assert.deepEqual(await stranger(...act('deactivate', ids.theirs)), done)
    assert.deepEqual(await nobody(LIST), done)
    assert.equal((await auditRows(app, ids.mine, 'certificates.activated')).length, 1)
    assert.equal((await auditRows(app, ids.mine, 'certificates.deactivated')).length, 1)
  })
}

test('what needs no key needs no client certificate', async () => {
  await using server = await startGuarded()
  const { app, ids, known } = server
  await known(...act('activate', ids.mine))
  for (const path of ['/healthz', '/readyz', '/metrics', '/invite', '/openapi.json']) {
    assert.equal((await app.send('GET', path, { key: null })).status, 200, path)
  }
  const body = { token: 'x', name: 'x' }
  const accepted = await app.send('POST', '/v1/organization/invites/accept', { key: null, body })
  assert.ok(!String(accepted.body.error.code).includes('certificate'), accepted.text)
})

test("a project's certificate, and the organization's where GATEHOUSE_ADMIN_MTLS is off, leave the administration open", async () => {
  await using guarded = await startGuarded()
  const { projects } = guarded.app.admin().organization
  const { id } = await projects.create({ name: 'guarded' })
  const path = `/v1/organization/projects/${id}/certificates/activate`
  assert.deepEqual(await guarded.nobody(path, { certificate_ids: [guarded.ids.mine] }), done)
  assert.deepEqual(await guarded.nobody(LIST), done)
  await using plain = await startGuarded({ env: { GATEHOUSE_ADMIN_MTLS: 'off' } })
  assert.deepEqual(await plain.nobody(...act('activate', plain.ids.mine)), done)
  assert.deepEqual(await plain.nobody(LIST), done)
})

test('behind a listed proxy the header counts for the administration too', async () => {
  const env = { GATEHOUSE_ADMIN_MTLS: 'on', GATEHOUSE_TRUSTED_PROXIES: '127.0.0.1' }
  await using app = await startTestApp({ env })
  const { id } = await app.admin().organization.certificates.create({ certificate: authority.pem, name: 'authority' })
  const headers = { 'x-forwarded-client-cert': encodeURIComponent(client?.cert ?? '') }
  const [path, body] = act('activate', id)
  assert.equal((await app.send('POST', path, { body })).body.error.code, 'certificate_would_lock_out')
  assert.equal((await app.send('POST', path, { body, headers })).status, 200)
  assert.equal((await app.send('GET', LIST)).body.error.code, 'client_certificate_required')
  assert.equal((await app.send('GET', LIST, { headers })).status, 200)
})

test('a session is bound by the certificates as a key is; to sign in none is asked for', async () => {
  await using server = await startGuarded()
  const { app, ids, known } = server
  assert.deepEqual(await known(...act('activate', ids.mine)), done)
  const { id } = await app.db.selectFrom('organization').select('id').executeTakeFirstOrThrow()
  const { cookie } = await signInNew(app, id, 'owner@localhost')
  assert.match(cookie, /^__Host-/)
  const ask = async () => {
    const { status, body } = await asSession(app, cookie, 'GET', LIST)
    return [status, body.error?.code ?? null]
  }
  assert.deepEqual(await ask(), required)
  assert.deepEqual(await known(...act('deactivate', ids.mine)), done)
  assert.deepEqual(await ask(), done)
})
