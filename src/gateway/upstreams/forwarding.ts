import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import type { ListedModel } from '../../core/model-list.ts'
import type { Outcome } from '../call.ts'

/** Milliseconds that a client may leave its reply unread, after which it counts as gone. */
export const UNREAD_TIMEOUT_MS = 120_000

/** Sees the bytes of a reply and decides which of them the client gets when; null: none now. */
export type ReplyObserver = {
  chunk: (bytes: Buffer) => Buffer | null
  /** Once, behind the last chunk: what is still to be sent. */
  end: () => Buffer | null
  /** Whether the client may get fewer bytes than come, so that their number is not announced. */
  readonly resizes?: boolean
  /** Whether the reply has become longer than any that was asked for, so that the rest is not to be waited for. */
  readonly overran?: boolean
  /** Whether it keeps nothing of what it passes. */
  readonly passes?: boolean
}

/** What is made of a reply when it begins. */
export type Begun = {
  /** Sent to the client too, and in place of what the upstream calls the same; names in lower case. */
  headers: Record<string, string>
  observer: ReplyObserver | null
}

/** Whether a reply is a stream of events, whose length nobody announces. @param type its content type */
export function isEventStream(type = ''): boolean {
  return type !== 'application/json' && /^text\/event-stream *(;|$)/i.test(type)
}

/**
 * A body that is read anew each time, as a form that lies in a file; its length in bytes. Null: it is sent on as it comes, once, and nobody knows
 * how long it will be.
 */
export type BodySource = () => {
  stream: Readable
  length: number | null
  /** Told of each piece of it that the system has taken. */
  taken?: (piece: Buffer) => void
}

/** What a client's side of a reply must do, for a reply to be relayed to it; a response of Node's does it all. */
export interface Reply {
  /** Whether the reply has begun, and with what status. */
  readonly headersSent: boolean
  readonly statusCode: number
  readonly destroyed: boolean
  readonly writableFinished: boolean
  /** Bytes that the system has not taken yet. */
  readonly writableLength: number
  /** Null while it waits behind earlier answers on its connection. */
  readonly socket: object | null
  writeHead(status: number, headers: string[] | Record<string, string>): unknown
  /** @param taken told when the system has taken it, or what was wrong */
  write(chunk: Buffer | string, encoding?: BufferEncoding, taken?: (error?: Error | null) => void): boolean
  end(chunk?: Buffer | string, encoding?: BufferEncoding): unknown
  destroy(): unknown
  on(event: 'close' | 'drain', listener: () => void): unknown
  once(event: 'close' | 'drain', listener: () => void): unknown
  off(event: 'close' | 'drain', listener: () => void): unknown
}

/** A call that was let through, on its way to a model server. */
export type Forwarding = {
  method: string
  /** The path behind the upstream's base URL, or behind its root, with the query. */
  upstreamPath: string
  servedAt: 'base' | 'root'
  /** The client's. What is the connection's, the client's own or ours is left out when they are sent. */
  headers: IncomingHttpHeaders
  body: (asksForUsage: boolean) => Buffer | BodySource | null
  /** The model whose stream is asked for its usage in the client's place, as its server calls it; null: nothing is asked for. */
  usageOf: string | null
  /** Whether that stands beside options of the client's own, which may be what a server refuses. */
  besideOptions: boolean
  /** Whether a reply of 404 waits until it is whole (its first 64 kB), so that `begin` is told what it says. */
  holdsMissing: boolean
  /** Names of the upstreams that may serve it. */
  upstreams: readonly string[]
  /** What is looked at of the client's request: whether it is still there. */
  request: Pick<IncomingMessage, 'destroyed' | 'complete'> & { socket: Pick<Socket, 'destroyed'> }
  response: Reply
  /**
   * Called at most once, when there is a reply that is passed on and before its head is written.
   * @param headers all that the upstream sent
   * @param upstream the name of the one that answers
   * @param held what it says, where it waited until it was whole
   * @throws anything, which becomes the failure of the call: nothing was sent to the client yet
   */
  begin: (status: number, headers: IncomingHttpHeaders, upstream: string, held: Buffer | null) => Begun
}

/** Why an upstream did not serve a call, as metrics have it. */
export type FailureReason =
  | 'unreachable'
  | 'timeout'
  | 'broke'
  | 'refused_credentials'
  | 'rate_limited'
  | 'invalid_reply'
  | 'overran'

/** Learns how it goes with one upstream. */
export interface Witness {
  readonly name: string
  /** There is a connection, and the request is about to be written to it. */
  reached: () => void
  failed: (reason: FailureReason, cause: unknown) => void
  /** It refuses to be asked for the usage of streams, and is not asked for a while. */
  usageUnknown: () => void
}

/** A model server. */
export interface Upstream {
  readonly weight: number
  /**
   * Sends the call on, and the reply back as it comes.
   * @returns how it ended, once the reply is over
   * @throws Unreached where no byte of the request has left; where nothing was sent to the client yet ApiError, or what
   * `begin` throws in the place of a reply; anything else is a bug of whoever observes the reply, or a body that cannot be read
   */
  attempt: (call: Forwarding, witness: Witness) => Promise<Outcome>
  /**
   * The models that it offers now.
   * @throws NoList where it answers, but with no list
   */
  models: (witness: Witness) => Promise<ListedModel[]>
  close: () => Promise<void>
}

/** No byte of the request has left, so another attempt cannot do anything twice. */
export class Unreached extends Error {}

/** The model server was there and said something else than its list of models. The message says what, in words of ours alone. */
export class NoList extends Error {
  /** Whether it may list them in a moment, as where it is only starting. */
  readonly isPassing: boolean

  constructor(message: string, isPassing = false) {
    super(message)
    this.isPassing = isPassing
  }
}
