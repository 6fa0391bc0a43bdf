import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/** Answers of one connection that may be unfinished at once. Clients that wait for each answer never have two. */
const AT_ONCE = 8
/** Bytes of its answers that the client has not been sent yet, from which on no other answer is begun. */
const UNSENT = 1_048_576
/** Requests of all connections together that may wait for their turn: Node reads 64 kB in one go, up to 3,600 of them. */
const WAITING = 4096
/** Milliseconds that a client whose requests wait may leave an answer unread. */
const PATIENCE_MS = 120_000

/** Why a connection was cut: too much waited for its turn, or nobody read the answers that others waited for. */
export type Cut = 'waiting' | 'unread'

/** Is told of every request whose turn it is. The status is null where its answer did not come to its end. */
export type Watch = {
  begun: () => void
  ended: (door: string, status: number | null) => void
  /** A connection was cut, and why. */
  cut: (why: Cut) => void
}

/** Answers a request. @returns the door that it has come to */
type Serve = (request: IncomingMessage, response: ServerResponse) => string
type Waiting = { response: ServerResponse; serve: Serve }

/**
 * The requests of each connection, in turn. HTTP lets a client send the next one before it has read the answer to the last: a few
 * are answered at once, the others wait, and meanwhile nothing more is read from it. What has been read by then is bounded over
 * all connections: beyond it, the one with the most is cut.
 */
export class Connections {
  readonly #known = new WeakMap<Duplex, Connection>()
  readonly #crowded = new Set<Connection>()
  readonly watch: Watch
  readonly patienceMs: number
  #waiting = 0

  /**
   * @param patienceMs how long a client whose requests wait may leave an answer unread
   */
  constructor(watch: Watch, patienceMs: number = PATIENCE_MS) {
    this.watch = watch
    this.patienceMs = patienceMs
  }

  /** Serves a request when it is its turn: most at once, in the same turn. None of a connection that is gone. */
  take(request: IncomingMessage, response: ServerResponse, serve: Serve): void {
    const { socket } = request
    if (socket.destroyed) return
    let connection = this.#known.get(socket)
    if (connection === undefined) {
      connection = new Connection(socket, this)
      this.#known.set(socket, connection)
    }
    connection.take(response, serve)
  }

  /** Whether an answer has begun and is not whole. Nothing else can be written behind it: to cut it off says so. */
  hasBegun(socket: Duplex): boolean {
    return this.#known.get(socket)?.hasBegun() ?? false
  }

  /** One more request waits; where that is one too many, the connection with the most of them is cut. */
  waits(connection: Connection): void {
    this.#crowded.add(connection)
    if (++this.#waiting <= WAITING) return
    let most = connection
    for (const other of this.#crowded) if (other.waiting > most.waiting) most = other
    this.cut(most, 'waiting')
  }

  /** So many wait no longer. */
  waitNoLonger(connection: Connection, count: number): void {
    this.#waiting -= count
    if (connection.waiting === 0) this.#crowded.delete(connection)
  }

  cut(connection: Connection, why: Cut): void {
    this.watch.cut(why)
    connection.abandon()
  }
}

class Connection {
  readonly #socket: Duplex
  readonly #all: Connections
  readonly #answering = new Set<ServerResponse>()
  readonly #waiting: Waiting[] = []
  #patience: NodeJS.Timeout | null = null

  constructor(socket: Duplex, all: Connections) {
    this.#socket = socket
    this.#all = all
    // Node goes on reading whenever a body or an answer comes to its end.
    socket.on('resume', () => {
      if (this.waiting > 0) socket.pause()
    })
    socket.once('close', () => this.#forget())
  }

  get waiting(): number {
    return this.#waiting.length
  }

  take(response: ServerResponse, serve: Serve): void {
    if (this.waiting === 0 && this.#hasRoom()) this.#serve(response, serve)
    else this.#wait({ response, serve })
  }

  #wait(request: Waiting) {
    this.#waiting.push(request)
    if (this.waiting === 1) {
      this.#socket.pause()
      this.#patience = setTimeout(() => this.#impatient(), this.#all.patienceMs).unref()
    }
    this.#all.waits(this)
  }

  hasBegun(): boolean {
    for (const { headersSent, writableFinished } of this.#answering) if (headersSent && !writableFinished) return true
    return false
  }

  abandon(): void {
    this.#forget()
    this.#socket.destroy()
  }

  #hasRoom(): boolean {
    if (this.#answering.size === 0) return true
    if (this.#answering.size >= AT_ONCE) return false
    let unsent = 0
    for (const { writableLength } of this.#answering) unsent += writableLength
    return unsent < UNSENT
  }

  #serve(response: ServerResponse, serve: Serve) {
    const { watch } = this.#all
    this.#answering.add(response)
    watch.begun()
    const door = serve(response.req, response)
    response.on('close', () => {
      this.#answering.delete(response)
      watch.ended(door, response.writableFinished ? response.statusCode : null)
      if (this.waiting > 0) this.#next()
    })
  }

  #next() {
    this.#patience?.refresh()
    while (this.#hasRoom() && !this.#socket.destroyed) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      if (this.waiting === 0) this.#goOn()
      this.#all.waitNoLonger(this, 1)
      this.#serve(next.response, next.serve)
    }
  }

  /** Nothing waits any more: reads on. */
  #goOn() {
    this.#stopWatching()
    this.#socket.resume()
  }

  #forget() {
    const count = this.waiting
    this.#waiting.length = 0
    this.#stopWatching()
    this.#all.waitNoLonger(this, count)
  }

  #stopWatching() {
    if (this.#patience !== null) clearTimeout(this.#patience)
    this.#patience = null
  }

  /** A long call may take its time; an answer that is there and is not read may not, while others wait for it. */
  #impatient() {
    const [oldest] = this.#answering
    if (oldest?.writableLength || oldest?.writableEnded) this.#all.cut(this, 'unread')
    else this.#patience?.refresh()
  }
}
