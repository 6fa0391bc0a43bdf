import type { IncomingHttpHeaders } from 'node:http'

/** What can be done to a call that is on its way. */
export interface Control {
  /** Ends it; whoever handles it is told of the error. */
  abort(reason: Error): void
  /** Reads no more of its reply until `resume`. */
  pause(): void
  resume(): void
}

/** Who is told how it goes with a request; undici's dispatchers tell the same. */
export interface ReplyHandler {
  /** There is a connection, and the request is about to be written to it. */
  onRequestStart(control: Control): void
  /** A head has come; interim ones have a status below 200. */
  onResponseStart(control: Control, status: number, headers: IncomingHttpHeaders): void
  onResponseData(control: Control, chunk: Buffer): void
  onResponseEnd(): void
  /** Nothing more is told. Where `onRequestStart` was not, no byte of it has left. */
  onResponseError(control: Control, error: Error): void
}
