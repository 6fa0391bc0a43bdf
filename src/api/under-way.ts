import type { ServerResponse } from 'node:http'
import type { InTurn } from '../admin/handlers.ts'
import { left } from '../admin/left.ts'
import { unavailable } from '../contract/error.ts'
import { Turns } from '../sign-in/turns.ts'

/** Replies in parts that are on their way at once: altogether, and of one organization. */
const ALTOGETHER = 32
const OF_ONE = 16
/** Of those, what is of one project: who manages that alone leaves the others theirs. */
const OF_PROJECT = 4
/** Of them, those that read from the database at once: it has others to answer. */
const READING = 2

/**
 * Replies that are too large to be made at once. Each is made as its client reads it, so that one who reads nothing holds little;
 * so many are under way, and what they read they read in turn, a statement at a time.
 */
export class UnderWay {
  readonly #of = new Map<string, number>()
  readonly #reading = new Turns(READING, Number.POSITIVE_INFINITY)
  #all = 0

  /**
   * Takes a place for a reply until it has been sent or its client has gone.
   * @param projectId the project that the path names, where it names one
   * @returns what runs its reads in turn, and fails once the client has gone
   * @throws ApiError where too many are under way
   */
  begin(organizationId: string, response: ServerResponse, projectId?: string): InTurn {
    const places = [{ name: organizationId, most: OF_ONE }]
    // With its organization: in a path there may be whatever somebody has written.
    if (projectId !== undefined) places.push({ name: `${organizationId} ${projectId}`, most: OF_PROJECT })
    if (this.#all >= ALTOGETHER || places.some(({ name, most }) => (this.#of.get(name) ?? 0) >= most)) {
      throw unavailable('Too many reports are being made right now. Please try again shortly.')
    }
    if (!response.destroyed) {
      this.#count(places, 1)
      response.once('close', () => this.#count(places, -1))
    }
    return (work) =>
      this.#reading.take(async () => {
        if (response.destroyed) throw left()
        return work()
      })
  }

  #count(places: readonly { name: string }[], by: 1 | -1) {
    this.#all += by
    for (const { name } of places) {
      const of = (this.#of.get(name) ?? 0) + by
      if (of > 0) this.#of.set(name, of)
      else this.#of.delete(name)
    }
  }
}
