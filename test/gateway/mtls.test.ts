import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import OpenAI from 'openai'
import { keptConnection, type TlsFiles, tlsFetch, tlsFiles } from '../listener/tls.ts'
import {
  type CertificateAuthority,
  type KeyPair,
  makeCertificate,
  makeClient,
  pairOf,
  purpose,
  usage,
} from '../support/certificates.ts'
import { databases } from '../support/databases.ts'
import { CHAT, makeKey, question, startGate } from './gate.ts'

let files: TlsFiles
let authority: CertificateAuthority
let client: KeyPair
before(async () => {
  files = await tlsFiles()
  authority = await makeCertificate('authority')
  client = await makeClient(authority)
})
after(() => files[Symbol.asyncDispose]())

const required = { status: 401, code: 'client_certificate_required' }
const invalid = { status: 401, code: 'client_certificate_invalid' }
const verdict = ({ status, code }: { status: number; code: string | null }) => ({ status, code })
const open = { status: 200, code: null }

/** A gate over TLS, to which the authority has been uploaded. */
async function startTlsGate(options: Parameters<typeof startGate>[0] = {}) {
  const gate = await startGate({
    models: [{ id: 'm1' }],
    ...options,
    env: { ...files.env, ...options.env },
    fetch: tlsFetch(files.ca),
  })
  const { certificates, projects } = gate.app.admin().organization
  const upload = (pem: string) => certificates.create({ certificate: pem, name: 'authority' })
  const certificate_ids = [(await upload(authority.pem)).id]
  const activate = () => projects.certificates.activate(gate.projectId, { certificate_ids })
  const deactivate = () => projects.certificates.deactivate(gate.projectId, { certificate_ids })
  return { gate, upload, certificates, certificate_ids, activate, deactivate, key: gate.key }
}

for (const database of databases) {
  test(`${database}: an active certificate closes the project to everybody without one of its clients, from the next request on`, async () => {
    const { gate, key, activate, deactivate } = await startTlsGate({ database })
    await using _ = gate
    const elsewhere = await makeKey(gate.app)
    using known = keptConnection(gate.app.url, files.ca, client)
    using nobody = keptConnection(gate.app.url, files.ca)
    const calls = async (with_: string) => [
      verdict(await known.call(CHAT, with_, { body: question })),
      verdict(await nobody.call(CHAT, with_, { body: question })),
      verdict(await nobody.call('/v1/models', with_)),
    ]
    for (let round = 0; round < 2; round++) {
      assert.deepEqual(await calls(key), [open, open, open])
      await activate()
      assert.deepEqual(await calls(key), [open, required, required])
      assert.deepEqual(await calls(elsewhere.key), [open, open, open])
      await deactivate()
    }
    const last = await nobody.call(CHAT, key, { body: question })
    assert.deepEqual([verdict(last), last.reused], [open, true])
  })

  test(`${database}: a certificate that the organization activates closes all of its projects`, async () => {
    const { gate, key, certificates, certificate_ids } = await startTlsGate({ database })
    await using _ = gate
    const elsewhere = await makeKey(gate.app)
    using known = keptConnection(gate.app.url, files.ca, client)
    using nobody = keptConnection(gate.app.url, files.ca)
    for (const each of [key, elsewhere.key]) assert.equal((await nobody.call('/v1/models', each)).status, 200)
    await certificates.activate({ certificate_ids })
    for (const each of [key, elsewhere.key]) {
      assert.deepEqual(verdict(await nobody.call('/v1/models', each)), required)
      assert.deepEqual(verdict(await known.call('/v1/models', each)), open)
    }
    await certificates.deactivate({ certificate_ids })
    for (const each of [key, elsewhere.key]) assert.equal((await nobody.call('/v1/models', each)).status, 200)
  })
}

test('the official client works with a client certificate, and is told what is wrong without one', async () => {
  const { gate, key, activate } = await startTlsGate()
  await using _ = gate
  await activate()
  const sdk = (pair?: KeyPair) =>
    new OpenAI({ baseURL: `${gate.app.url}/v1`, apiKey: key, maxRetries: 0, fetch: tlsFetch(files.ca, pair) })
  await sdk(client).chat.completions.create(question)
  assert.equal(gate.upstream.calls.length, 1)
  const refused = sdk().chat.completions.create(question)
  await assert.rejects(refused, { ...required, message: /came without one.*signed directly/ })
})

test('only what an active certificate signed directly, for a client and for now, passes', async () => {
  const { gate, key, activate } = await startTlsGate()
  await using _ = gate
  await activate()
  const intermediate = await makeCertificate('intermediate', { issuer: authority })
  const behind = await makeClient(intermediate)
  const alone = { ca: false, usages: usage.digitalSignature, purposes: [purpose.clientAuth] }
  const wrong: [what: KeyPair, why: RegExp][] = [
    [behind, /has signed it directly/],
    [{ ...behind, cert: `${behind.cert}\n${intermediate.pem}\n` }, /has signed it directly/],
    [await makeClient(await makeCertificate('authority')), /has signed it directly/],
    [await pairOf(await makeCertificate('authority', alone)), /has signed it directly/],
    [await pairOf(authority), /certificate of an authority/],
    [await makeClient(authority, { validFrom: -9, expiresIn: -1 }), /expired/],
    [await makeClient(authority, { validFrom: 1 }), /not valid yet/],
    [await makeClient(authority, { purposes: [purpose.serverAuth] }), /clientAuth/],
  ]
  for (const [pair, why] of wrong) {
    using stranger = keptConnection(gate.app.url, files.ca, pair)
    const refused = await stranger.call(CHAT, key, { body: question })
    assert.deepEqual(verdict(refused), invalid)
    assert.match(refused.message, why)
  }
  assert.equal(gate.upstream.calls.length, 0)
})

test('an authority that has expired passes nobody', async () => {
  const { gate, key, upload } = await startTlsGate()
  await using _ = gate
  const short = await makeCertificate('short', { expiresIn: 2 })
  const { id } = await upload(short.pem)
  await gate.app.admin().organization.projects.certificates.activate(gate.projectId, { certificate_ids: [id] })
  using known = keptConnection(gate.app.url, files.ca, await makeClient(short))
  assert.deepEqual(verdict(await known.call('/v1/models', key)), open)
  gate.app.advance(3 * 86_400)
  assert.deepEqual(verdict(await known.call('/v1/models', key)), invalid)
})

test('any of several active certificates will do', async () => {
  const { gate, key, upload, activate } = await startTlsGate()
  await using _ = gate
  await activate()
  const second = await makeCertificate('second', { key: 'RSA' })
  const { id } = await upload(second.pem)
  const pair = await makeClient(second, { key: 'RSA' })
  using later = keptConnection(gate.app.url, files.ca, pair)
  assert.deepEqual(verdict(await later.call('/v1/models', key)), invalid)
  await gate.app.admin().organization.projects.certificates.activate(gate.projectId, { certificate_ids: [id] })
  assert.deepEqual(verdict(await later.call('/v1/models', key)), open)
  using first = keptConnection(gate.app.url, files.ca, client)
  assert.deepEqual(verdict(await first.call('/v1/models', key)), open)
})

test('a header counts for a listed proxy only, and there it is the only thing that counts', async () => {
  const header = { 'x-forwarded-client-cert': `Hash=00;Cert="${encodeURIComponent(client.cert)}"` }
  for (const trusted of [true, false]) {
    const env = trusted ? { GATEHOUSE_TRUSTED_PROXIES: '127.0.0.1' } : {}
    const { gate, key, activate } = await startTlsGate({ env })
    await using _ = gate
    await activate()
    using nobody = keptConnection(gate.app.url, files.ca)
    using known = keptConnection(gate.app.url, files.ca, client)
    const [forwarded, bare] = [trusted ? open : required, required]
    assert.deepEqual(verdict(await nobody.call('/v1/models', key, { headers: header })), forwarded)
    assert.deepEqual(verdict(await nobody.call('/v1/models', key)), bare)
    assert.deepEqual(verdict(await known.call('/v1/models', key)), trusted ? required : open)
    const hash = { 'x-forwarded-client-cert': `Hash=${'00'.repeat(32)}` }
    assert.deepEqual(verdict(await nobody.call('/v1/models', key, { headers: hash })), required)
  }
})

test('behind a proxy that speaks TLS, over plain HTTP, the header is enough', async () => {
  await using gate = await startGate({ models: [{ id: 'm1' }], env: { GATEHOUSE_TRUSTED_PROXIES: '127.0.0.0/8' } })
  const { app, key, projectId } = gate
  const { certificates, projects } = app.admin().organization
  const { id } = await certificates.create({ certificate: authority.pem, name: 'authority' })
  await projects.certificates.activate(projectId, { certificate_ids: [id] })
  const headers = { 'x-forwarded-client-cert': encodeURIComponent(client.cert) }
  assert.equal((await app.send('POST', CHAT, { key, body: question, headers })).status, 200)
  const refused = await app.send('POST', CHAT, { key, body: question })
  assert.deepEqual([refused.status, refused.body.error.code], [401, 'client_certificate_required'])
  const [call] = gate.upstream.calls
  assert.ok(call)
  assert.equal(call.header('x-forwarded-client-cert'), undefined)
})
