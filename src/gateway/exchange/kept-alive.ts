import type { ServerResponse } from 'node:http'
import type { ApiError } from '../../contract/error.ts'
import type { Envelopes } from '../envelopes/envelopes.ts'
import { isEventStream, type Reply } from '../upstreams/forwarding.ts'
import { EventGap } from './event-gap.ts'
import { errorEvent, type LateReply, lateReply } from './late-reply.ts'

const STREAM = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' }

type Options = {
  response: ServerResponse
  /** Milliseconds of silence after which a comment is sent. */
  everyMs: number
  /** What every answer to this call carries, as it stands when its stream begins. */
  headers: Readonly<Record<string, string>>
  /** Of the API that the client speaks. */
  envelopes: Envelopes
  /** Whether a model server's refusals come in the shape of that API, whatever theirs was. */
  isShaped: boolean
  /** Told when the stream begins before its reply does. */
  begun: () => void
}

/** Of responses whose stream may have begun before the reply did. */
const kept = new WeakMap<ServerResponse, KeptAlive>()

/**
 * The client's side of a stream that is never silent for long: after a while without a byte there is a comment, which clients
 * take no notice of and proxies count as life. The first of them begins the stream with a 200, though nobody knows yet how the
 * model server will answer: what it says then, or what went wrong, is told as events. For whoever relays the reply it begins when
 * that does, with the status that it has.
 */
export class KeptAlive implements Reply {
  headersSent = false
  statusCode = 200
  readonly #options: Options
  readonly #response: ServerResponse
  readonly #gap = new EventGap()
  /** Node keeps all timers of one length in one list, so that to begin one anew with every chunk costs next to nothing. */
  readonly #timer: NodeJS.Timeout
  /** Whether the stream has begun before its reply. */
  #early = false
  /** Whether the reply is, or may become, a stream of events. */
  #events = true
  #late: LateReply | null = null

  constructor(options: Options) {
    this.#options = options
    this.#response = options.response
    this.#timer = setTimeout(() => this.#silent(), options.everyMs).unref()
    this.#response.once('close', () => clearTimeout(this.#timer))
    kept.set(this.#response, this)
  }

  get destroyed(): boolean {
    return this.#response.destroyed
  }

  get writableFinished(): boolean {
    return this.#response.writableFinished
  }

  get writableLength(): number {
    return this.#response.writableLength
  }

  get socket(): ServerResponse['socket'] {
    return this.#response.socket
  }

  writeHead(status: number, headers: string[] | Record<string, string>): void {
    this.headersSent = true
    this.statusCode = status
    this.#events = status < 300 && isEventStream(typeIn(headers))
    if (!this.#events) clearTimeout(this.#timer)
    const { envelopes, isShaped } = this.#options
    if (this.#early) this.#late = lateReply(status, this.#events, envelopes, isShaped)
    else this.#response.writeHead(status, headers)
  }

  write(chunk: Buffer | string, encoding?: BufferEncoding): boolean {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk
    const shown = this.#late === null ? bytes : this.#late.chunk(bytes)
    if (shown === null) return true
    if (this.#events) {
      this.#timer.refresh()
      this.#gap.passed(shown)
    }
    return this.#response.write(shown)
  }

  end(chunk?: Buffer | string, encoding?: BufferEncoding): void {
    if (chunk !== undefined) this.write(chunk, encoding)
    clearTimeout(this.#timer)
    this.#response.end(this.#late?.end() ?? '')
  }

  destroy(): void {
    this.#response.destroy()
  }

  on(event: 'close' | 'drain', listener: () => void): void {
    this.#response.on(event, listener)
  }

  once(event: 'close' | 'drain', listener: () => void): void {
    this.#response.once(event, listener)
  }

  off(event: 'close' | 'drain', listener: () => void): void {
    this.#response.off(event, listener)
  }

  /** @returns whether the client could be told on its stream */
  refuse(error: ApiError): boolean {
    if (!this.#early || this.headersSent || this.destroyed) return false
    this.headersSent = true
    clearTimeout(this.#timer)
    this.#response.end(errorEvent(this.#options.envelopes.of(error)))
    return true
  }

  /** Nothing was sent for as long as that. A client that has not read what there is gets no more of it. */
  #silent(): void {
    const response = this.#response
    if (response.destroyed || response.writableEnded) return
    // The call was refused: that was begun past this stream, and is sent at the end of the turn.
    if (response.headersSent && !this.headersSent && !this.#early) return
    if (this.#gap.isOpen && response.socket !== null && response.writableLength === 0) {
      if (!this.headersSent && !this.#early) {
        this.#early = true
        response.writeHead(200, { ...this.#options.headers, ...STREAM })
        this.#options.begun()
      }
      response.write(this.#gap.comment)
    }
    this.#timer.refresh()
  }
}

function typeIn(headers: string[] | Record<string, string>): string | undefined {
  if (!Array.isArray(headers)) return headers['content-type']
  return headers[headers.findIndex((name, i) => i % 2 === 0 && name === 'content-type') + 1]
}

/** Tells a client whose stream has begun already that there is no reply. @returns whether it could be told */
export const refuseOnStream = (response: ServerResponse, error: ApiError): boolean =>
  kept.get(response)?.refuse(error) ?? false
