import type { ChangeScope } from '../db/changes.ts'
import type { Grant } from './grant.ts'

/** How long a grant is believed without asking the database again: the bound on a revocation nobody told us of. */
const FRESH_MS = 5000
/** Most grants kept; beyond, the one loaded longest ago goes. */
const KEPT = 100_000
/** Most unknown keys remembered, apart from the grants so that a flood of made-up keys evicts none. */
const UNKNOWN_KEPT = 10_000

type Entry = { grant: Grant | null; loadedAt: number }
type Flight = { generation: number; begunAt: number; loading: Promise<Entry> }

/**
 * What keys may do, remembered. A request with a key seen within the last five seconds asks the database nothing; callers
 * that miss together share one look-up; unknown keys are remembered too. When something changes, `invalidate` raises the
 * generation: a look-up that began before it is used by nobody who asks after it, and is never kept.
 */
export class Grants {
  readonly #load: (hash: string) => Promise<Grant | null>
  readonly #clock: () => number
  readonly #known = new Map<string, Entry>()
  readonly #unknown = new Map<string, Entry>()
  readonly #flights = new Map<string, Flight>()
  #generation = 0

  /** @param clock milliseconds that never step back */
  constructor(load: (hash: string) => Promise<Grant | null>, clock: () => number = () => performance.now()) {
    this.#load = load
    this.#clock = clock
  }

  /** The grant of the key with this hash if it is fresh in memory; undefined where it must be loaded. */
  peek(hash: string): Grant | null | undefined {
    const entry = this.#known.get(hash) ?? this.#unknown.get(hash)
    return entry && this.#clock() - entry.loadedAt < FRESH_MS ? entry.grant : undefined
  }

  /** The grant of the key with this hash, or null for an unknown key. */
  async get(hash: string): Promise<Grant | null> {
    const warm = this.peek(hash)
    if (warm !== undefined) return warm
    const flight = this.#flights.get(hash)
    // A look-up that takes longer than a grant is believed finds what was true too long ago.
    const young = flight !== undefined && this.#clock() - flight.begunAt < FRESH_MS
    if (young && flight.generation === this.#generation) return (await flight.loading).grant
    return (await this.#fly(hash).loading).grant
  }

  /** Forgets an organization's grants, or those of one of its projects; null: all, for changes nobody saw. */
  invalidate(scope: ChangeScope | null): void {
    this.#generation++
    if (scope === null) this.#known.clear()
    else this.#forget(scope)
    this.#unknown.clear()
  }

  #forget(scope: ChangeScope): void {
    for (const [hash, { grant }] of this.#known) {
      if (grant?.organizationId !== scope.organizationId) continue
      if (scope.projectId === null || grant.projectId === scope.projectId) this.#known.delete(hash)
    }
  }

  #fly(hash: string): Flight {
    const generation = this.#generation
    // The age counts from the start of the look-up: what it found was true then, perhaps not when it arrived.
    const loadedAt = this.#clock()
    const loading = this.#load(hash).then((grant) => {
      const entry = { grant, loadedAt }
      if (generation === this.#generation) this.#keep(hash, entry)
      return entry
    })
    const flight = { generation, begunAt: loadedAt, loading }
    this.#flights.set(hash, flight)
    const landed = () => {
      if (this.#flights.get(hash) === flight) this.#flights.delete(hash)
    }
    loading.then(landed, landed)
    return flight
  }

  #keep(hash: string, entry: Entry): void {
    this.#known.delete(hash)
    this.#unknown.delete(hash)
    const [map, most] = entry.grant ? [this.#known, KEPT] : [this.#unknown, UNKNOWN_KEPT]
    map.set(hash, entry)
    if (map.size <= most) return
    const [oldest] = map.keys()
    if (oldest !== undefined) map.delete(oldest)
  }
}
