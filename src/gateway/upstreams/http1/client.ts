import { errors } from 'undici'
import { Connection, type Keeper } from './connection.ts'
import { Exchange } from './exchange.ts'
import type { ReplyHandler } from './handler.ts'
import type { Patience } from './patience.ts'
import { bodyBeside, headOf, restOfHead, type WholeRequest } from './request.ts'

/** Idle connections that are kept: more are needed in the next moment by nobody. */
const MOST_IDLE = 1024

/**
 * HTTP/1.1 to one origin without TLS, and no more of it than the gate uses: whole requests, one at a time on a connection. As
 * many connections as there are calls; the one that was used last is used next. A request is never sent twice.
 */
export class Http1Client implements Keeper {
  readonly address: { host: string; port: number }
  readonly patience: Patience
  readonly #rest: string
  readonly #all = new Set<Connection>()
  readonly #idle: Connection[] = []
  #looking: NodeJS.Timeout | null = null
  #isClosed = false

  constructor({ hostname, port, host }: URL, patience: Patience) {
    this.address = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 80) }
    this.patience = patience
    this.#rest = restOfHead(host)
  }

  /** @throws Error for what can be no request; nothing was done then */
  dispatch(request: WholeRequest, handler: ReplyHandler): void {
    const head = headOf(request, this.#rest)
    this.carry(new Exchange(handler, head, bodyBeside(request), request.method === 'HEAD'))
  }

  carry(exchange: Exchange): void {
    const known = this.#idle.pop()
    if (known !== undefined) known.begin(exchange)
    else if (this.#isClosed) exchange.handler.onResponseError(exchange, new errors.ClientDestroyedError())
    else this.#open(exchange)
  }

  idle(connection: Connection): void {
    if (this.#idle.length < MOST_IDLE) this.#idle.push(connection)
    else connection.fail(new errors.SocketError('enough are idle'))
  }

  gone(connection: Connection): void {
    this.#all.delete(connection)
    const at = this.#idle.lastIndexOf(connection)
    if (at >= 0) this.#idle.splice(at, 1)
  }

  /** Ends what is under way too. */
  close(): void {
    this.#isClosed = true
    for (const connection of this.#all) connection.fail(new errors.ClientDestroyedError())
  }

  #open(exchange: Exchange): void {
    this.#all.add(new Connection(this, exchange))
    this.#looking ??= setInterval(() => this.#look(), this.patience.everyMs).unref()
  }

  #look(): void {
    const now = performance.now()
    for (const connection of this.#all) connection.look(now)
    if (this.#all.size > 0 || this.#looking === null) return
    clearInterval(this.#looking)
    this.#looking = null
  }
}
