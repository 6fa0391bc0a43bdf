import type { ServerResponse } from 'node:http'
import type { InTurn } from '../admin/handlers.ts'
import { ApiError, unavailable } from '../contract/error.ts'
import { Turns } from '../sign-in/turns.ts'

/** Replies in parts that are on their way at once: altogether, and of one organization. */
const ALTOGETHER = 32
const OF_ONE = 16
/** Of them, those that read from the database at once: it has others to answer. */
const READING = 2

/**
 * Replies that are too large to be made at once. Each is made as its client reads it, so that one who reads nothing holds little;
 * so many are under way, and what they read they read in turn, a statement at a time.
 */
export class UnderWay {
  readonly #ofOne = new Map<string, number>()
  readonly #reading = new Turns(READING, Number.POSITIVE_INFINITY)
  #all = 0

  /**
   * Takes a place for a reply until it has been sent or its client has gone.
   * @returns what runs its reads in turn, and fails once the client has gone
   * @throws ApiError where too many are under way
   */
  begin(organizationId: string, response: ServerResponse): InTurn {
    const own = this.#ofOne.get(organizationId) ?? 0
    if (this.#all >= ALTOGETHER || own >= OF_ONE) {
      throw unavailable('Too many reports are being made right now. Please try again shortly.')
    }
    const gone = new AbortController()
    if (response.destroyed) gone.abort()
    else {
      this.#count(organizationId, 1)
      response.once('close', () => {
        this.#count(organizationId, -1)
        gone.abort()
      })
    }
    return (work) =>
      this.#reading.take(async () => {
        // No failure of the server's: nobody reads it, and no line of the log is owed.
        if (gone.signal.aborted) throw new ApiError('malformed_http', 'The client left before it was answered.')
        return work()
      })
  }

  #count(organizationId: string, by: 1 | -1) {
    const own = (this.#ofOne.get(organizationId) ?? 0) + by
    this.#all += by
    if (own > 0) this.#ofOne.set(organizationId, own)
    else this.#ofOne.delete(organizationId)
  }
}
