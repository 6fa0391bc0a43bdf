/** What tells whether a refusal is one more of the same: whose key, its id (or a user's), and what it was to do. */
export type Repeatable = { organizationId: string; by: string; operation: string }

const MINUTE = 60
/**
 * Refusals of one key in a minute, at most, whatever operations it tries: ten say that somebody tries a key out, and what else it
 * may not do is in its roles.
 */
const OF_A_KEY = 10
/** Refusals of one organization in a minute, at most: nobody's keys crowd out what others are to know. */
const OF_AN_ORGANIZATION = 1000

/** The operations that were refused in this minute, by key, and how many they are together. */
type Seen = { byKey: Map<string, Set<string>>; count: number }

/** The refusals of this minute: at most one for each key and operation, ten for a key, and a thousand for an organization. */
export class SeenRefusals {
  #minute = 0
  /** By organization. */
  readonly #seen = new Map<string, Seen>()

  /** Whether such a refusal is none of those. @param now Unix seconds */
  isNews({ organizationId, by, operation }: Repeatable, now: number): boolean {
    const minute = Math.floor(now / MINUTE)
    if (minute !== this.#minute) this.#seen.clear()
    this.#minute = minute
    const seen = this.#seen.get(organizationId)
    if (seen === undefined) return true
    const operations = seen.byKey.get(by)
    if (seen.count >= OF_AN_ORGANIZATION) return false
    return operations === undefined || (operations.size < OF_A_KEY && !operations.has(operation))
  }

  /** Counts one that is news. @returns what forgets it again */
  remember({ organizationId, by, operation }: Repeatable): () => void {
    const seen = this.#seen.get(organizationId) ?? { byKey: new Map<string, Set<string>>(), count: 0 }
    this.#seen.set(organizationId, seen)
    const operations = seen.byKey.get(by) ?? new Set()
    seen.byKey.set(by, operations.add(operation))
    seen.count++
    return () => {
      if (operations.delete(operation)) seen.count--
    }
  }
}
