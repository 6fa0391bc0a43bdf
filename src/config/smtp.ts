import { isIP } from 'node:net'
import { isThisMachine } from '../core/this-machine.ts'

/** A mail server, as `GATEHOUSE_SMTP_URL` names it. */
export type SmtpServer = {
  host: string
  port: number
  /** TLS from the first byte (`smtps:`); otherwise it is begun where the server offers it. */
  secure: boolean
  /** TLS that the server does not offer is a failure: a password must not travel in the clear to another machine. */
  requireTls: boolean
  auth: { user: string; pass: string } | null
  /** The address that mail comes from; null: `gatehouse@` this server's own host. */
  from: string | null
}

const FORM = "'smtp://user:password@host:port' or 'smtps://…', perhaps with '?from=ADDRESS'"
const ADDRESS = /^[^\s@<>",;:\\]+@[^\s@<>",;:\\]+$/

/**
 * Reads the URL of a mail server.
 * @throws Error that says what is wrong without repeating anything of the URL: it may hold a password
 */
export function smtpServer(text: string): SmtpServer {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^smtps?:$/.test(url.protocol) || url.hostname === '') throw new Error(`not of the form ${FORM}`)
  if (!/^\/?$/.test(url.pathname) || url.hash) throw new Error(`a mail server has no path; the form is ${FORM}`)
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  if (!isIP(host) && !/^[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(host))
    throw new Error("its host is neither a host's name nor an address")
  const secure = url.protocol === 'smtps:'
  const auth = credentials(url)
  return {
    host,
    port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
    secure,
    requireTls: auth !== null && !secure && !isThisMachine(host),
    auth,
    from: sender(url.searchParams),
  }
}

function credentials({ username, password }: URL): SmtpServer['auth'] {
  if (username === '' && password === '') return null
  if (username === '' || password === '') throw new Error('a user needs a password, and a password a user')
  try {
    return { user: decodeURIComponent(username), pass: decodeURIComponent(password) }
  } catch {
    throw new Error("its user or its password holds a '%' that is not written as %25")
  }
}

function sender(query: URLSearchParams): string | null {
  for (const name of query.keys()) if (name !== 'from') throw new Error("it takes no parameter but 'from'")
  const [from = null, ...others] = query.getAll('from')
  if (others.length > 0 || (from !== null && !ADDRESS.test(from)))
    throw new Error("its 'from' is not one e-mail address")
  return from
}
