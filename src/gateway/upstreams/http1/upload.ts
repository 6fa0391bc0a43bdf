import { connect as connectPlain, type Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { errors } from 'undici'
import type { Control, ReplyHandler } from './handler.ts'
import type { Patience } from './patience.ts'
import type { ReplyHead } from './reply-head.ts'
import { ReplyParser, type ReplySink } from './reply-parser.ts'
import { streamedHeadOf } from './request.ts'

/** Bytes of a reply that are read at once. */
const AT_ONCE = 16_384
/** Milliseconds in which a reply has to be there whose server takes no more of the request. */
const LAST_WORDS_MS = 1000

/** A request whose body is sent while it comes. */
export type StreamedRequest = {
  method: string
  /** With the query. */
  path: string
  headers: string[]
  stream: Readable
  /** In bytes; null: it is sent in chunks. */
  length: number | null
  /** Told of each piece of the stream when the system has taken it: nobody reads it any more. */
  taken: (piece: Buffer) => void
}

/** Where uploads go to, and how long each thing may take. */
export type UploadTarget = { origin: URL; patience: Patience }

/**
 * One request whose body is sent while it comes, over a connection of its own. Its server may answer before it has read all, and close:
 * what it has said is read also where no more can be written. Time runs for a server alone: while the client's bytes are awaited, nobody's.
 */
export class Upload implements ReplySink, Control {
  readonly #request: StreamedRequest
  readonly #handler: ReplyHandler
  readonly #patience: Patience
  readonly #head: string
  readonly #socket: Socket
  readonly #parser = new ReplyParser(this)
  readonly #looking: NodeJS.Timeout
  #lastWords: NodeJS.Timeout | undefined
  #isConnected = false
  #isOver = false
  /** No more of the body is sent: all of it was, or its server wants none. */
  #isSent = false
  #isPaused = false
  #since = performance.now()
  #stirred = false

  /** @throws Error for what can be no request; nothing was done then */
  constructor({ origin, patience }: UploadTarget, request: StreamedRequest, handler: ReplyHandler) {
    this.#request = request
    this.#handler = handler
    this.#patience = patience
    this.#head = streamedHeadOf(request, origin.host)
    this.#socket = this.#connect(origin)
    this.#looking = setInterval(() => this.#look(performance.now()), patience.everyMs).unref()
  }

  pause(): void {
    this.#isPaused = true
    this.#socket.pause()
  }

  resume(): void {
    this.#isPaused = false
    this.#stirred = true
    this.#socket.resume()
  }

  abort(reason: Error): void {
    this.#fail(reason)
  }

  head({ status, headers }: ReplyHead): void {
    if (status === 100 || status === 101) {
      // Nobody asked for either.
      this.#fail(new errors.SocketError(status === 100 ? 'bad response' : 'bad upgrade'))
      return
    }
    if (status >= 300) this.#sendNoMore()
    this.#stirred = true
    this.#handler.onResponseStart(this, status, headers)
  }

  data(bytes: Buffer): void {
    this.#stirred = true
    this.#handler.onResponseData(this, bytes)
  }

  end(): void {
    if (!this.#close()) return
    this.#handler.onResponseEnd()
  }

  #connect({ protocol, hostname, port }: URL): Socket {
    const host = hostname.replace(/^\[|\]$/g, '')
    const buffer = Buffer.allocUnsafeSlow(AT_ONCE)
    const callback = (length: number) => {
      this.#read(buffer.subarray(0, length))
      return true
    }
    const options = { host, noDelay: true, autoSelectFamily: true, onread: { buffer, callback } }
    const secure = protocol === 'https:'
    const socket = secure
      ? connectTls({ ...options, port: Number(port || 443), ALPNProtocols: ['http/1.1'] })
      : connectPlain({ ...options, port: Number(port || 80) })
    const { destroy } = socket
    // What cannot be written ends a socket of Node's, and what has come by then is lost: here it is read first.
    socket.destroy = (error?: Error) => {
      if (this.#isOver || !isOfWriting(error)) return destroy.call(socket, error)
      this.#cannotSend()
      return socket
    }
    return socket
      .on(secure ? 'secureConnect' : 'connect', () => this.#begin())
      .on('drain', () => this.#request.stream.resume())
      .on('error', (error) => this.#fail(error))
      .on('end', () => this.#closed())
      .on('close', () => this.#closed())
  }

  #begin(): void {
    this.#isConnected = true
    this.#stirred = true
    this.#parser.begin(false)
    this.#handler.onRequestStart(this)
    if (this.#isOver) return
    this.#socket.write(this.#head, 'latin1')
    const { stream, length } = this.#request
    stream
      .on('data', (piece: Buffer) => this.#send(piece))
      .once('end', () => {
        if (this.#isSent) return
        if (length === null) this.#socket.write('0\r\n\r\n', 'latin1')
        this.#isSent = true
        this.#stirred = true
      })
  }

  #send(piece: Buffer): void {
    if (this.#isSent || piece.length === 0) return
    const socket = this.#socket
    const taken = (error?: Error | null) => {
      this.#stirred = true
      if (!error) this.#request.taken(piece)
    }
    if (this.#request.length !== null) socket.write(piece, taken)
    else {
      socket.cork()
      socket.write(`${piece.length.toString(16)}\r\n`, 'latin1')
      socket.write(piece, taken)
      socket.write('\r\n', 'latin1')
      socket.uncork()
    }
    if (socket.writableNeedDrain) this.#request.stream.pause()
  }

  /** Whoever brings the body hears that nobody takes the rest. */
  #sendNoMore(): void {
    if (this.#isSent) return
    this.#isSent = true
    this.#request.stream.destroy()
  }

  #cannotSend(): void {
    this.#isSent = true
    this.#request.stream.pause()
    this.#lastWords ??= setTimeout(() => this.#closed(), LAST_WORDS_MS)
  }

  #look(now: number): void {
    const { connectMs, headMs, silenceMs } = this.#patience
    const awaitsClient = this.#isConnected && !this.#isSent && this.#socket.writableLength === 0
    if (this.#stirred || this.#isPaused || awaitsClient) {
      this.#stirred = false
      this.#since = now
      return
    }
    const silent = now - this.#since
    if (!this.#isConnected) {
      if (silent > connectMs) this.#fail(new errors.ConnectTimeoutError())
    } else if (this.#parser.awaitsHead) {
      if (silent > headMs) this.#fail(new errors.HeadersTimeoutError())
    } else if (silent > silenceMs) this.#fail(new errors.BodyTimeoutError())
  }

  #read(bytes: Buffer): void {
    if (this.#isOver) return
    try {
      this.#parser.push(bytes)
    } catch (error) {
      this.#fail(error as Error)
    }
  }

  #closed(): void {
    if (this.#isOver) return
    if (!this.#parser.closed()) this.#fail(new errors.SocketError('other side closed'))
  }

  #fail(error: Error): void {
    if (this.#close()) this.#handler.onResponseError(this, error)
  }

  /** @returns whether it was not closed before */
  #close(): boolean {
    if (this.#isOver) return false
    this.#isOver = true
    this.#isSent = true
    clearInterval(this.#looking)
    clearTimeout(this.#lastWords)
    this.#parser.stop()
    this.#socket.destroy()
    return true
  }
}

const isOfWriting = (error: NodeJS.ErrnoException | undefined): boolean =>
  error?.syscall === 'write' || error?.syscall === 'writev'
