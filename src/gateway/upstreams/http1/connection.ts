import { connect, type Socket } from 'node:net'
import { errors } from 'undici'
import { carried } from '../../carried.ts'
import { type Sending, sendInTurn } from '../../turn.ts'
import type { Exchange } from './exchange.ts'
import type { Patience } from './patience.ts'
import type { ReplyHead } from './reply-head.ts'
import { ReplyParser, type ReplySink } from './reply-parser.ts'

/** Milliseconds by which an idle connection is given up before its server does. */
const AHEAD_MS = 2000

/** Where a connection leads, and who keeps it when it is idle. */
export interface Keeper {
  readonly address: { host: string; port: number }
  readonly patience: Patience
  /** It carries no call, and can carry another. */
  idle(connection: Connection): void
  /** No byte of this has left: another connection carries it. */
  carry(exchange: Exchange): void
  gone(connection: Connection): void
}

/** One read of any of our connections, which is taken before the next: bytes that outlive it are copies. */
const bytesRead = Buffer.allocUnsafeSlow(65_536)

/** A connection to a model server: one call at a time, and no other before its reply is whole. */
export class Connection implements ReplySink, Sending {
  readonly #keeper: Keeper
  readonly #socket: Socket
  readonly #parser = new ReplyParser(this)
  #exchange: Exchange | null
  #isConnected = false
  #isGone = false
  /** It was kept, and no byte has left of the request that it carries next. */
  #isUnsent = false
  #keeps = false
  #idleMs: number
  /** Since when nothing has happened, as far as it was looked; and whether something has since then. */
  #since: number
  #stirred = false

  /** @param exchange its first, which is begun when it is connected */
  constructor(keeper: Keeper, exchange: Exchange) {
    this.#keeper = keeper
    this.#exchange = exchange
    this.#since = performance.now()
    this.#idleMs = keeper.patience.idleMs
    exchange.connection = this
    const callback = (length: number) => {
      this.#read(bytesRead.subarray(0, length))
      return true
    }
    this.#socket = connect({
      ...keeper.address,
      noDelay: true,
      autoSelectFamily: true,
      onread: { buffer: bytesRead, callback },
    })
      .on('connect', () => this.#connected())
      .on('error', (error) => this.fail(error))
      .on('end', () => this.#closed())
      .on('close', () => this.#closed())
  }

  /**
   * Has one more request sent over a connection that was kept, together with what else there is to send in this turn. Only where no
   * other is on its way. A server may close what is kept at any time: if it is lost before, that says nothing of the server.
   */
  begin(exchange: Exchange): void {
    this.#exchange = exchange
    exchange.connection = this
    this.#isUnsent = true
    this.#stirred = true
    sendInTurn(this)
  }

  /** What ended it meanwhile was told, or another connection carries the request. */
  send(): void {
    const exchange = this.#exchange
    if (exchange === null) return
    this.#isUnsent = false
    this.#parser.begin(exchange.isBodiless)
    exchange.handler.onRequestStart(exchange)
    if (this.#isGone) return
    const { head, body } = exchange
    if (body === null) {
      this.#socket.write(head, 'latin1')
      return
    }
    this.#socket.cork()
    this.#socket.write(head, 'latin1')
    this.#socket.write(body)
    this.#socket.uncork()
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#stirred = true
    this.#socket.resume()
  }

  /** Looked at now and then: what takes too long is given up. @param now on the clock of `performance.now` */
  look(now: number): void {
    const { connectMs, headMs, silenceMs, everyMs } = this.#keeper.patience
    if (this.#stirred || this.#exchange?.isPaused) {
      this.#stirred = false
      this.#since = now
      return
    }
    const silent = now - this.#since
    if (this.#exchange === null) {
      if (silent > this.#idleMs - 2 * everyMs) this.fail(new errors.SocketError('idle for long'))
    } else if (!this.#isConnected) {
      if (silent > connectMs) this.fail(new errors.ConnectTimeoutError())
    } else if (this.#parser.awaitsHead) {
      if (silent > headMs) this.fail(new errors.HeadersTimeoutError())
    } else if (silent > silenceMs) this.fail(new errors.BodyTimeoutError())
  }

  /** Gives it up, and with it the call that it carries. */
  fail(error: Error): void {
    if (this.#isGone) return
    this.#isGone = true
    this.#parser.stop()
    this.#keeper.gone(this)
    this.#socket.destroy()
    const exchange = this.#exchange
    this.#exchange = null
    if (exchange === null) return
    exchange.connection = null
    if (this.#isUnsent) this.#keeper.carry(exchange)
    else exchange.handler.onResponseError(exchange, error)
  }

  head({ status, headers, keeps, keepsMs }: ReplyHead): void {
    const exchange = this.#exchange
    if (exchange === null) return
    if (status === 100 || status === 101) {
      // Nobody asked for either.
      this.fail(new errors.SocketError(status === 100 ? 'bad response' : 'bad upgrade'))
      return
    }
    this.#stirred = true
    this.#keeps = keeps
    if (keepsMs !== null) this.#idleMs = this.#keeper.patience.idleMsOf(keepsMs - AHEAD_MS)
    exchange.handler.onResponseStart(exchange, status, headers)
  }

  data(bytes: Buffer): void {
    const exchange = this.#exchange
    if (exchange === null) return
    this.#stirred = true
    carried(bytes.length)
    exchange.handler.onResponseData(exchange, bytes)
  }

  end(isLast: boolean): void {
    const exchange = this.#exchange
    if (exchange === null) return
    this.#exchange = null
    exchange.connection = null
    // Behind a request that was answered before it was read, or a reply with something behind it, nobody knows what comes.
    if (this.#keeps && isLast && this.#idleMs > 0 && this.#socket.writableLength === 0) {
      if (exchange.isPaused) this.#socket.resume()
      this.#stirred = true
      this.#keeper.idle(this)
    } else this.fail(new errors.SocketError('no other call can follow'))
    exchange.handler.onResponseEnd()
  }

  #connected(): void {
    this.#isConnected = true
    this.#stirred = true
    sendInTurn(this)
  }

  #read(bytes: Buffer): void {
    if (this.#isGone) return
    try {
      this.#parser.push(bytes)
    } catch (error) {
      this.fail(error as Error)
    }
  }

  #closed(): void {
    if (this.#isGone) return
    this.#keeps = false
    if (!this.#parser.closed()) this.fail(new errors.SocketError('other side closed'))
  }
}
