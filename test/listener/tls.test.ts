import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { after, before, test } from 'node:test'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { startGate } from '../gateway/gate.ts'
import { EVENTS, event, until } from '../gateway/upstream.ts'
import { isRefusal, Wire } from '../gateway/wire.ts'
import { type KeyPair, makeCertificate, makeClient, makeServer } from '../support/certificates.ts'
import { ADMIN_KEY, startTestApp, WORKERS } from '../support/harness.ts'
import { keptConnection, type TlsFiles, tlsFetch, tlsFiles } from './tls.ts'

let files: TlsFiles
let client: KeyPair
before(async () => {
  files = await tlsFiles()
  client = await makeClient(await makeCertificate('authority'))
})
after(() => files[Symbol.asyncDispose]())

const start = (log?: (line: string) => void) =>
  startTestApp({ env: files.env, fetch: tlsFetch(files.ca), ...(log && { log }) })

/** What is left to the reader when the connection ends: everything that was said over TLS. */
async function exchange(url: string, bytes: string, options: ConnectionOptions = {}): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), ca: files.ca, ...options })
  let received = ''
  socket.setEncoding('latin1').on('data', (text: string) => {
    received += text
  })
  const ended = once(socket, 'close')
  await once(socket, 'secureConnect')
  socket.write(bytes)
  await ended
  return received
}

test('with a certificate the one port speaks TLS, through every door', async () => {
  await using app = await start()
  assert.match(app.url, /^https:\/\/127\.0\.0\.1:\d+$/)
  assert.equal((await app.send('GET', '/readyz', { key: null })).status, 200)
  assert.equal((await app.send('GET', '/v1/organization/projects')).status, 200)
  assert.equal((await app.send('GET', '/v1/models', { key: 'sk-none' })).status, 401)
  await app.admin().organization.projects.create({ name: 'over TLS' })
})

test('TLS is 1.2 or newer, and HTTP 1.1 the only protocol in it', async () => {
  await using app = await start()
  const { hostname: host, port } = new URL(app.url)
  const shake = async (options: ConnectionOptions) => {
    const socket = connect({ host, port: Number(port), ca: files.ca, ...options })
    try {
      await once(socket, 'secureConnect')
      return [socket.getProtocol(), socket.alpnProtocol]
    } catch {
      return 'refused'
    } finally {
      socket.destroy()
    }
  }
  assert.deepEqual(await shake({ ALPNProtocols: ['h2', 'http/1.1'] }), ['TLSv1.3', 'http/1.1'])
  assert.deepEqual(await shake({ maxVersion: 'TLSv1.2' }), ['TLSv1.2', false])
  assert.equal(await shake({ ALPNProtocols: ['h2'] }), 'refused')
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
  assert.equal(await shake(old), 'refused')
})

test('bytes that are no TLS end their connection and nothing else', async () => {
  const lines: string[] = []
  await using app = await start((line) => lines.push(line))
  for (const bytes of ['GET /healthz HTTP/1.1\r\nHost: gate\r\n\r\n', 'hello\r\n', '\x16\x03\x01\x00\x05hello']) {
    using wire = await Wire.open(app.url)
    await wire.send(bytes)
    await until(() => wire.ended, 'the end of the connection')
    assert.ok(!wire.rest.includes('HTTP/'), wire.rest)
  }
  assert.equal((await app.send('GET', '/healthz', { key: null })).status, 200)
  const loud = lines.filter((line) => JSON.parse(line).level > 20 && /handshake/.test(line))
  assert.deepEqual(loud, [])
})

test('what is no HTTP, and CONNECT, are refused over TLS as they are without it', async () => {
  await using app = await start()
  const status = (reply: string) => Number(/^HTTP\/1\.1 (\d{3}) /.exec(reply)?.[1])
  const headers = 'Host: gate\r\nConnection: close\r\n'
  const cases: [bytes: string, status: number][] = [
    ['hello\r\n\r\n', 400],
    ['CONNECT gate:443 HTTP/1.1\r\nHost: gate\r\n\r\n', 405],
    [`GET /healthz HTTP/1.1\r\n${headers}x-long: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ['GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    [`GET /healthz HTTP/1.1\r\n${headers}\r\n`, 200],
  ]
  for (const [bytes, wanted] of cases) {
    const reply = await exchange(app.url, bytes)
    assert.equal(status(reply), wanted, reply)
    if (wanted === 200) continue
    const [, body = ''] = reply.split('\r\n\r\n')
    const requestId = /^x-request-id: (.*)$/m.exec(reply)?.[1] ?? ''
    const json = { 'x-request-id': requestId, 'content-type': 'application/json' }
    isRefusal({ status: status(reply), headers: json, body: Buffer.from(body) }, wanted)
  }
})

test('a resumed session still has its client certificate', async () => {
  const env = { ...files.env, GATEHOUSE_ADMIN_MTLS: 'on' }
  await using app = await startTestApp({ env, fetch: tlsFetch(files.ca) })
  const authority = await makeCertificate('authority')
  const pair = await makeClient(authority)
  const { id } = await app.admin().organization.certificates.create({ certificate: authority.pem, name: 'authority' })
  using known = keptConnection(app.url, files.ca, pair)
  const body = { certificate_ids: [id] }
  assert.equal((await known.call('/v1/organization/certificates/activate', ADMIN_KEY, { body })).status, 200)
  const { hostname: host, port } = new URL(app.url)
  const ask = `GET /v1/organization/projects HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer ${ADMIN_KEY}\r\n\r\n`
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const options = { host, port: Number(port), ca: files.ca, minVersion: version, maxVersion: version }
    const shake = async (more: ConnectionOptions): Promise<[TLSSocket, string, Buffer | undefined]> => {
      const socket = connect({ ...options, ...more })
      let session: Buffer | undefined
      socket.on('session', (ticket: Buffer) => {
        session = ticket
      })
      socket.write(ask)
      const [reply] = (await once(socket, 'data')) as [Buffer]
      await until(() => session !== undefined, 'a session ticket')
      socket.destroy()
      return [socket, reply.toString('latin1', 0, 12), session]
    }
    const [, first, session] = await shake(pair)
    assert.equal(first, 'HTTP/1.1 200')
    const resume = async () => {
      const socket = connect({ ...options, ...(session && { session }) })
      socket.write(ask)
      const [reply] = (await once(socket, 'data')) as [Buffer]
      const reused = socket.isSessionReused()
      socket.destroy()
      return [reused, reply.toString('latin1', 0, 12)]
    }
    assert.deepEqual(await resume(), [true, 'HTTP/1.1 200'], version)
    assert.equal((await shake({}))[1], 'HTTP/1.1 401', version)
  }
})

test('a renewed certificate is served without a restart; a broken one changes nothing but the log', async () => {
  const lines: string[] = []
  await using own = await tlsFiles()
  await using app = await startTestApp({ env: own.env, fetch: tlsFetch(own.ca), log: (line) => lines.push(line) })
  const { hostname: host, port } = new URL(app.url)
  const served = async () => {
    const socket = connect({ host, port: Number(port), ca: own.ca })
    await once(socket, 'secureConnect')
    const { fingerprint256 } = socket.getPeerCertificate()
    socket.destroy()
    return fingerprint256
  }
  using kept = keptConnection(app.url, own.ca)
  await kept.call('/healthz', 'none')
  const first = await served()
  const told = (what: RegExp) => until(() => lines.some((line) => what.test(line)), String(what))

  const [renewed, unrelated] = [await makeServer(own.authority), await makeServer(own.authority)]
  await own.write({ key: unrelated.key })
  await told(/does not belong to the first certificate/)
  assert.equal(await served(), first)
  await own.write(renewed)
  const isRenewed = (line: string) => /was renewed/.test(line)
  await until(() => lines.filter(isRenewed).length === WORKERS, 'a renewed certificate in every thread')
  assert.notEqual(await served(), first)
  const again = await kept.call('/healthz', 'none')
  assert.deepEqual([again.status, again.reused], [200, true])
  assert.ok(!lines.join('').includes('PRIVATE KEY'))
})

test('a shutdown lets calls over TLS finish, and waits for nobody who never came to speak', async () => {
  let go = () => {}
  const asked = new Promise<void>((resolve) => {
    go = resolve
  })
  const stopped: string[] = []
  const gate = await startGate({ env: files.env, fetch: tlsFetch(files.ca) })
  const { hostname: host, port } = new URL(gate.app.url)
  const silent = connectTcp({ host, port: Number(port) })
  const idle = connect({ host, port: Number(port), ca: files.ca, ...client })
  for (const socket of [silent, idle]) socket.on('error', () => {})
  await Promise.all([once(silent, 'connect'), once(idle, 'secureConnect')])
  gate.upstream.answer(async ({ response }) => {
    response.writeHead(200, EVENTS)
    response.write(event('first'))
    await asked
    response.end(event('[DONE]'))
  })
  const call = await tlsFetch(files.ca)(`${gate.app.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gate.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm1', stream: true, messages: [{ role: 'user', content: 'hello' }] }),
  })
  for (const [name, socket] of Object.entries({ silent, idle })) socket.once('close', () => stopped.push(name))
  const over = gate.app[Symbol.asyncDispose]()
  await until(() => stopped.length === 2, 'the end of the connections without a call')
  go()
  assert.match(await call.text(), /\[DONE\]/)
  await over
  await gate[Symbol.asyncDispose]()
})
