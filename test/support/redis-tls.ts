import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeCertificate, makeClient, purpose } from './certificates.ts'
import type { RedisSpeech } from './redis.ts'

/** An authority, the certificates that it signed, and one that signed none of them. */
export type RedisTls = Disposable & {
  speech: RedisSpeech
  /** The file of who signed the servers' certificates, which are for 127.0.0.1 and localhost. */
  ca: string
  strange: string
}

/** What a Redis, its replicas, its Sentinels and its Cluster need to speak TLS, with everybody and with each other. */
export async function redisTls(): Promise<RedisTls> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-redis-tls-'))
  const put = (name: string, text: string) => {
    const path = join(folder, name)
    writeFileSync(path, text, { mode: 0o600 })
    return path
  }
  const [authority, stranger] = [await makeCertificate('authority'), await makeCertificate('another authority')]
  // Nodes of a Cluster show each other one certificate, whoever of them has called.
  const server = await makeClient(authority, {
    purposes: [purpose.serverAuth, purpose.clientAuth],
    names: [
      { type: 'ip', value: '127.0.0.1' },
      { type: 'dns', value: 'localhost' },
    ],
  })
  const ca = put('ca.pem', authority.pem)
  const files = {
    'tls-cert-file': put('server.pem', server.cert),
    'tls-key-file': put('server.key', server.key),
    'tls-ca-cert-file': ca,
  }
  const among = { 'tls-auth-clients': 'no', 'tls-replication': 'yes', 'tls-cluster': 'yes' }
  return {
    speech: {
      scheme: 'rediss',
      listen: (port) => ({ port: '0', 'tls-port': String(port), ...files, ...among }),
      cli: ['--tls', '--cacert', ca],
      ca: authority.pem,
    },
    ca,
    strange: put('strange.pem', stranger.pem),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
