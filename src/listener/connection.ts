import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { RECEIVING, Receiving, type ReceivingBounds } from './receiving.ts'
import { takenOf } from './taken.ts'

/** Answers of one connection that may be unfinished at once. Clients that wait for each answer never have two. */
const AT_ONCE = 8
/** Bytes of its answers that the client has not been sent yet, from which on no other answer is begun. */
const UNSENT = 1_048_576
/** Requests of all connections together that may wait for their turn: Node reads 64 kB in one go, up to 3,600 of them. */
const WAITING = 4096
/** Milliseconds that a client may leave an answer unread, as long as a model server's. */
const PATIENCE_MS = 120_000
/** How often it is looked whether an answer stands still, in that time: one that does is cut an eighth of it late at most. */
const LOOKS = 8

/** Why a connection was cut: too much waited for its turn, nobody read an answer, or a request did not come in time. */
export type Cut = 'waiting' | 'unread' | 'slow'

/** How patient the listener is with its clients. */
export type ClientPatience = ReceivingBounds & {
  /** Milliseconds that a client may leave an answer unread. */
  unreadMs: number
}

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
 *
 * So is one whose answer stands still, whatever door it comes from: what has been written would be kept for as long as a client likes
 * that does not read; and so is one whose request does not come. All connections are looked at now and then, which costs a call nothing.
 */
export class Connections {
  readonly #known = new Map<Duplex, Connection>()
  readonly #crowded = new Set<Connection>()
  readonly watch: Watch
  readonly patience: ClientPatience
  /** Tells a client that its request is late, and ends its connection. */
  readonly #late: (socket: Duplex) => void
  #looking: NodeJS.Timeout | undefined
  #waiting = 0

  /** @param late tells a client that its request is late, and ends its connection */
  constructor(watch: Watch, late: (socket: Duplex) => void, patience: Partial<ClientPatience> = {}) {
    this.watch = watch
    this.patience = { unreadMs: PATIENCE_MS, ...RECEIVING, ...patience }
    this.#late = late
  }

  /** Serves a request when it is its turn: most at once, in the same turn. None of a connection that is gone. */
  take(request: IncomingMessage, response: ServerResponse, serve: Serve): void {
    const { socket } = request
    if (socket.destroyed) return
    let connection = this.#known.get(socket)
    if (connection === undefined) connection = this.#meet(socket)
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

  #meet(socket: Socket): Connection {
    const connection = new Connection(socket, this)
    this.#known.set(socket, connection)
    socket.once('close', () => {
      this.#known.delete(socket)
      if (this.#known.size === 0) clearInterval(this.#looking)
    })
    if (this.#known.size === 1) this.#looking = setInterval(() => this.#look(), this.patience.unreadMs / LOOKS).unref()
    return connection
  }

  #look() {
    const everyMs = this.patience.unreadMs / LOOKS
    for (const [socket, connection] of this.#known) {
      if (connection.standsStill() >= LOOKS) this.cut(connection, 'unread')
      else if (connection.isLate(everyMs)) {
        this.watch.cut('slow')
        this.#late(socket)
      }
    }
  }
}

class Connection {
  readonly #socket: Socket
  readonly #all: Connections
  /**
   * In the order of their requests. No Set: V8 gives one a new table with every few deletions, and tables of a Set that has become old keep what was
   * in them until the whole heap is collected. So answers of connections that are kept alive, with all of their calls, outlived small collections.
   */
  readonly #answering: ServerResponse[] = []
  readonly #waiting: Waiting[] = []
  readonly #receiving: Receiving
  /** What the system had taken when it was last looked at, and for how many looks it took no more. */
  #taken = 0
  #still = -1

  constructor(socket: Socket, all: Connections) {
    this.#socket = socket
    this.#all = all
    this.#receiving = new Receiving(all.patience)
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
    this.#receiving.begins(response.req)
    if (this.waiting === 0 && this.#hasRoom()) this.#serve(response, serve)
    else this.#wait({ response, serve })
  }

  #wait(request: Waiting) {
    this.#waiting.push(request)
    if (this.waiting === 1) this.#socket.pause()
    this.#all.waits(this)
  }

  hasBegun(): boolean {
    for (const { headersSent, writableFinished } of this.#answering) if (headersSent && !writableFinished) return true
    return false
  }

  /** For how many looks nothing was read of an answer that is there: not of one that takes its time, nor of one behind another. */
  standsStill(): number {
    const [oldest] = this.#answering
    const taken = takenOf(this.#socket)
    // The look that finds it is the first of its time.
    if (oldest === undefined || oldest.writableLength === 0) this.#still = -1
    else this.#still = taken === this.#taken ? this.#still + 1 : 0
    this.#taken = taken
    return this.#still
  }

  /** Whether the request that it brings does not come in time. @param everyMs since it was last looked at */
  isLate(everyMs: number): boolean {
    return this.#receiving.isLate(everyMs)
  }

  abandon(): void {
    this.#forget()
    this.#socket.destroy()
  }

  #hasRoom(): boolean {
    if (this.#answering.length === 0) return true
    if (this.#answering.length >= AT_ONCE) return false
    let unsent = 0
    for (const { writableLength } of this.#answering) unsent += writableLength
    return unsent < UNSENT
  }

  #serve(response: ServerResponse, serve: Serve) {
    const { watch } = this.#all
    this.#answering.push(response)
    watch.begun()
    const door = serve(response.req, response)
    response.on('close', () => {
      this.#answering.splice(this.#answering.indexOf(response), 1)
      watch.ended(door, response.writableFinished ? response.statusCode : null)
      if (this.waiting > 0) this.#next()
    })
  }

  #next() {
    while (this.#hasRoom() && !this.#socket.destroyed) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      // Nothing waits any more: reads on.
      if (this.waiting === 0) this.#socket.resume()
      this.#all.waitNoLonger(this, 1)
      this.#serve(next.response, next.serve)
    }
  }

  #forget() {
    const count = this.waiting
    this.#waiting.length = 0
    this.#all.waitNoLonger(this, count)
  }
}
