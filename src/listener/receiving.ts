import type { IncomingMessage } from 'node:http'
import { isPaced } from '../core/paced.ts'

/** How long the bodies of requests may take. */
export type ReceivingBounds = {
  /** Milliseconds in which a body has to have come. */
  wholeMs: number
  /** One that goes on while it comes may take longer, as long as in each so many milliseconds so many bytes have come, of those that were read. */
  paceMs: number
  paceBytes: number
}

export const RECEIVING: ReceivingBounds = { wholeMs: 300_000, paceMs: 60_000, paceBytes: 65_536 }

/**
 * How the request comes that a connection brings. Looked at now and then, which costs a call nothing: what is late is so by one look
 * more at most.
 */
export class Receiving {
  readonly #bounds: ReceivingBounds
  #request: IncomingMessage | null = null
  #isPaced = false
  /** Milliseconds of its time that are over, and what the connection had brought when it began; null: it begins with the next look. */
  #overMs: number | null = null
  #bytes = 0

  constructor(bounds: ReceivingBounds) {
    this.#bounds = bounds
  }

  /** The head of one more request has come: those before it are whole. */
  begins(request: IncomingMessage): void {
    this.#request = request
    this.#overMs = null
  }

  /** @param everyMs since the last look, of which a machine that stood still has missed some: its clients are not to blame */
  isLate(everyMs: number): boolean {
    const request = this.#request
    if (request === null) return false
    if (request.complete) {
      this.#request = null
      return false
    }
    const paced = isPaced(request)
    const { bytesRead } = request.socket
    // What waits for the model server, its client cannot send.
    if (this.#overMs === null || paced !== this.#isPaced || (paced && request.isPaused())) {
      this.#isPaced = paced
      this.#begin(bytesRead)
      return false
    }
    const { wholeMs, paceMs, paceBytes } = this.#bounds
    this.#overMs += everyMs
    if (this.#overMs < (paced ? paceMs : wholeMs)) return false
    if (!paced || bytesRead - this.#bytes < paceBytes) return true
    this.#begin(bytesRead)
    return false
  }

  #begin(bytes: number): void {
    this.#overMs = 0
    this.#bytes = bytes
  }
}
