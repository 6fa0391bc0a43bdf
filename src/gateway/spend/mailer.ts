import { isIP } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Transporter } from 'nodemailer'
import type { SmtpServer } from '../../config/smtp.ts'
import type { Log } from '../../core/log.ts'
import { within } from '../../ledger/within.ts'

/** `bcc` are recipients that the others do not see. */
export type Mail = { to: readonly string[]; bcc?: readonly string[]; subject: string; text: string }

export type MailerParts = {
  server: SmtpServer
  /** The server's URL as others see it: mail comes from its host unless an address is given. */
  publicUrl: string | null
  log: Pick<Log, 'warn' | 'error'>
  /** Told what became of each mail. */
  done: (outcome: 'sent' | 'failed') => void
  /** Milliseconds before each further attempt. */
  pausesMs?: readonly number[]
}

/** Some two minutes in all: a mail server that restarts or greylists is worth it, and a longer outage is one to look at. */
const PAUSES_MS = [1000, 5000, 20_000, 90_000]
/** Mails that wait, at most: beyond, they are logged and not sent. */
const MOST = 1000
const TIMEOUT_MS = 10_000
/** How long a shutdown waits for mail. */
const CLOSING_MS = 5000

/**
 * Sends mail in the background. What the server cannot take now is tried again with growing pauses; what it refuses for good
 * is not. What cannot be sent is logged, without addresses and contents.
 */
export class Mailer {
  readonly #parts: MailerParts
  readonly #waiting = new Set<Promise<void>>()
  /** Aborts pauses: whoever waits then tries a last time. */
  readonly #closing = new AbortController()
  #transport: Promise<Transporter> | undefined

  constructor(parts: MailerParts) {
    this.#parts = parts
  }

  /** Sends a mail as soon as it can. Never throws and never waits. @param about what the log calls it by */
  send(mail: Mail, about: object): void {
    if (this.#waiting.size >= MOST || this.#closing.signal.aborted) {
      this.#failed(about, this.#waiting.size >= MOST ? 'too many mails are waiting' : 'the server is stopping')
      return
    }
    const sending = this.#try(mail, about).finally(() => this.#waiting.delete(sending))
    this.#waiting.add(sending)
  }

  /** Gives what waits a last chance, for a few seconds. */
  async close(): Promise<void> {
    this.#closing.abort()
    await within(CLOSING_MS, Promise.all(this.#waiting))
    const transport = await this.#transport?.catch(() => null)
    transport?.close()
  }

  async #try(mail: Mail, about: object): Promise<void> {
    const pauses = this.#parts.pausesMs ?? PAUSES_MS
    const { signal } = this.#closing
    for (let attempt = 0; ; attempt++) {
      const isLast = attempt === pauses.length || signal.aborted
      try {
        return await this.#deliver(mail, about)
      } catch (error) {
        const { message, responseCode = 0 } = error as { message: string; responseCode?: number }
        // Mail servers like to repeat whom they refuse.
        const reason = message.replaceAll(/[^\s<>]+@[^\s<>]+/g, '(address)')
        if (isLast || responseCode >= 500) return this.#failed(about, reason)
        this.#parts.log.warn({ ...about, reason, attempt: attempt + 1 }, 'mail could not be sent yet')
      }
      await sleep(pauses[attempt], undefined, { signal, ref: false }).catch(() => {})
    }
  }

  async #deliver(mail: Mail, about: object): Promise<void> {
    const { server, publicUrl, done, log } = this.#parts
    this.#transport ??= connect(server)
    const transport = await this.#transport
    // As objects: a text would be parsed, and might turn out to be several addresses.
    const plain = (address: string) => ({ name: '', address })
    const { rejected } = (await transport.sendMail({
      from: { name: 'Gatehouse', address: server.from ?? defaultSender(publicUrl) },
      to: mail.to.map(plain),
      ...(mail.bcc && { bcc: mail.bcc.map(plain) }),
      subject: mail.subject,
      text: mail.text,
      headers: { 'Auto-Submitted': 'auto-generated' },
      disableFileAccess: true,
      disableUrlAccess: true,
    })) as { rejected?: unknown[] }
    done('sent')
    if (rejected?.length) log.warn({ ...about, refused: rejected.length }, 'the mail server refused some recipients')
  }

  #failed(about: object, reason: string): void {
    this.#parts.done('failed')
    this.#parts.log.error({ ...about, reason }, 'mail could not be sent and will not be tried again')
  }
}

/** Loaded with the first mail: most servers never send one. */
async function connect(server: SmtpServer): Promise<Transporter> {
  const { createTransport } = (await import('nodemailer')).default
  return createTransport({
    pool: true,
    maxConnections: 2,
    // Attempts are counted here, and an idle connection is nobody's.
    maxRequeues: 0,
    idleTimeout: TIMEOUT_MS,
    host: server.host,
    port: server.port,
    secure: server.secure,
    requireTLS: server.requireTls,
    ...(server.auth && { auth: server.auth }),
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    dnsTimeout: TIMEOUT_MS,
  })
}

/**
 * The address that mail comes from where none is given.
 * @param publicUrl the server's URL as others see it, if there is one
 */
export function defaultSender(publicUrl: string | null): string {
  const host = publicUrl === null ? 'localhost' : new URL(publicUrl).hostname
  if (host.startsWith('[')) return `gatehouse@[IPv6:${host.slice(1)}`
  return `gatehouse@${isIP(host) ? `[${host}]` : host}`
}
