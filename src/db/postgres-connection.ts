import { readFileSync } from 'node:fs'
import type { ClientConfig } from 'pg'
import { type PostgresTls, readPostgresUrl } from '../core/postgres-url.ts'

/** What is true of every connection. Its files are read for each anew, so that renewed certificates need no restart. */
export function reaching(url: string): ClientConfig {
  const { url: connectionString, tls } = readPostgresUrl(url)
  const ssl = tls === undefined ? {} : { ssl: tls === null ? false : tlsOf(tls) }
  return { connectionString, keepAlive: true, ...ssl }
}

function tlsOf({ verify, authority, certificate, key }: PostgresTls): NonNullable<ClientConfig['ssl']> {
  const file = (path: string) => readFileSync(path, 'utf8')
  return {
    rejectUnauthorized: verify !== 'nobody',
    ...(verify === 'authority' && { checkServerIdentity: () => undefined }),
    ...(authority !== null && { ca: file(authority) }),
    ...(certificate !== null && key !== null && { cert: file(certificate), key: file(key) }),
  }
}
