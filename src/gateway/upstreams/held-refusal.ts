import type { IncomingHttpHeaders } from 'node:http'

/** Bytes of a refusal that are read before it is passed on: what is wrong with a request is said sooner. */
const MOST_HELD = 65_536
/** The field that the gate may have put into a request, and its member, as servers in any language write them. */
const NAMED = /stream_?options|include_?usage/i

/** Statuses that a server has for a request that it does not understand. */
const isMisunderstood = (status: number) => status === 400 || status === 422

/**
 * Whether a refusal waits until it is whole.
 * @param asks whether it may be about what the gate has put into the request, not its client
 * @param holdsMissing whether it has to be known what is missing
 */
export const isHeld = (status: number, asks: boolean, holdsMissing: boolean): boolean =>
  (asks && isMisunderstood(status)) || (holdsMissing && status === 404)

/** A refusal that waits until it is whole, because what becomes of it depends on what it says. */
export class HeldRefusal {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly #parts: Buffer[] = []
  #length = 0

  constructor(status: number, headers: IncomingHttpHeaders) {
    this.status = status
    this.headers = headers
  }

  /** @returns whether it may still wait for more */
  add(chunk: Buffer): boolean {
    this.#parts.push(chunk)
    this.#length += chunk.length
    return this.#length <= MOST_HELD
  }

  /** What has come of it. */
  get bytes(): Buffer {
    return Buffer.concat(this.#parts)
  }

  get namesUsage(): boolean {
    return NAMED.test(this.bytes.toString('latin1'))
  }
}
