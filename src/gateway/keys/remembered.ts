import { BELIEVED_MS } from '../../core/believed.ts'
import { Bounded } from '../../core/bounded.ts'
import type { ChangeScope } from '../../db/changed.ts'
import { inTime } from '../../db/in-time.ts'

/** Unknown keys remembered, apart from the known so that a flood of made-up ones evicts none. */
const UNKNOWN_KEPT = 10_000

/** What a look-up found, and since when it has been known to be true, on the cache's clock. */
export type Loaded<T> = { value: T; asOf: number }

/** Takes up what somebody else remembers. @returns the youngest that is known here then; null where it is not to be believed */
export type Learn<T> = (key: string, found: Loaded<T>) => T | null

type Entry<T> = { value: T | null; asOf: number; generation: number }
type Flight<T> = { generation: number; begunAt: number; loading: Promise<Entry<T>> }

export type RememberedOptions<T> = {
  /**
   * The value that the database has now, or null. What it is put together from may have been known longer than the look-up
   * took: then it says since when.
   */
  load: (key: string, begunAt: number) => Promise<Loaded<T> | null>
  /** Whose it is: a change of that organization or project forgets it. */
  scopeOf: (value: T) => { organizationId: string; projectId: string }
  /** Most values kept; beyond, the one loaded longest ago goes. */
  kept: number
  /** Has `invalidate` called for every change that was published by now; asked before anything that is remembered is used. */
  catchUp: () => void
  /** Milliseconds that never step back. */
  clock?: () => number
}

/**
 * What the database said, remembered: grants by their keys' hashes, rules by their projects. What was asked for within the
 * last five seconds costs the database nothing; callers that miss together share one look-up; what is not there is
 * remembered too. When something changes, `invalidate` raises the generation: a look-up that began before it is used by
 * nobody who asks after it, and is never kept.
 */
export class Remembered<T extends object> {
  readonly #options: RememberedOptions<T>
  readonly #clock: () => number
  readonly #known: Bounded<string, Entry<T>>
  readonly #unknown = new Bounded<string, Entry<T>>(UNKNOWN_KEPT)
  /** When the database was last asked for what it did not have: who remembers it from before then remembers what is gone. */
  readonly #missed = new Bounded<string, number>(UNKNOWN_KEPT)
  readonly #flights = new Map<string, Flight<T>>()
  #generation = 0
  /** The generation since when nobody knows what has changed: what was known before it is not fresh, though it may still serve. */
  #doubted = 0
  #doubtedAt = Number.NEGATIVE_INFINITY

  constructor(options: RememberedOptions<T>) {
    this.#options = options
    this.#known = new Bounded(options.kept)
    this.#clock = options.clock ?? (() => performance.now())
  }

  /** The value under this key if it is fresh in memory; undefined where it must be loaded. */
  peek(key: string): T | null | undefined {
    this.#options.catchUp()
    const entry = this.#known.get(key) ?? this.#unknown.get(key)
    return entry && this.#isFresh(entry) ? entry.value : undefined
  }

  /** The value under this key, or null where there is none. */
  async get(key: string): Promise<T | null> {
    const warm = this.peek(key)
    return warm === undefined ? (await this.#fetch(key)).value : warm
  }

  /** The same with its age, for what is put together from it. */
  async getLoaded(key: string): Promise<Loaded<T> | null> {
    this.#options.catchUp()
    const entry = this.#known.get(key)
    const fresh = entry && this.#isFresh(entry) ? entry : await this.#fetch(key)
    return fresh.value === null ? null : { value: fresh.value, asOf: fresh.asOf }
  }

  /** The value that was loaded last, however old: what a new one may be compared with. Null where it may have changed since. */
  last(key: string): T | null {
    this.#options.catchUp()
    const entry = this.#known.get(key)
    return entry && entry.generation >= this.#doubted ? entry.value : null
  }

  /**
   * What was true of this key for certain so short a time ago, for when nobody can be asked what is; null where that is too long, or it has
   * changed since.
   * @param withinMs milliseconds @returns it with its age
   */
  latelyLoaded(key: string, withinMs: number): Loaded<T> | null {
    this.#options.catchUp()
    const entry = this.#known.get(key)
    if (!entry || entry.value === null || this.#clock() - entry.asOf >= withinMs) return null
    return { value: entry.value, asOf: entry.asOf }
  }

  /**
   * What takes up what somebody else remembers who hears of the same changes, to be had before they are asked: nothing is believed where
   * something has changed since, or it was gone since. What is younger here stays.
   */
  learning(): Learn<T> {
    this.#options.catchUp()
    const generation = this.#generation
    return (key, found) => {
      this.#options.catchUp()
      if (generation !== this.#generation) return null
      if (found.asOf <= (this.#missed.get(key) ?? Number.NEGATIVE_INFINITY)) return null
      this.#keep(key, { ...found, generation: found.asOf > this.#doubtedAt ? generation : this.#doubted - 1 })
      return this.#known.get(key)?.value ?? null
    }
  }

  /**
   * Forgets what belongs to an organization, or to one of its projects. Null stands for changes that nobody saw: all is asked for anew, and serves
   * only while nobody can be asked.
   */
  invalidate(scope: ChangeScope | null): void {
    this.#generation++
    if (scope !== null) this.#forget(scope)
    else {
      this.#doubted = this.#generation
      this.#doubtedAt = this.#clock()
    }
    this.#unknown.clear()
  }

  #isFresh({ asOf, generation }: Entry<T>): boolean {
    return this.#clock() - asOf < BELIEVED_MS && generation >= this.#doubted
  }

  #forget(scope: ChangeScope): void {
    for (const [key, { value }] of this.#known) {
      if (value === null) continue
      const { organizationId, projectId } = this.#options.scopeOf(value)
      if (organizationId !== scope.organizationId) continue
      if (scope.projectId === null || projectId === scope.projectId) this.#known.delete(key)
    }
  }

  #fetch(key: string): Promise<Entry<T>> {
    const flight = this.#flights.get(key)
    // A look-up that takes longer than its result is believed finds what was true too long ago.
    const young = flight !== undefined && this.#clock() - flight.begunAt < BELIEVED_MS
    if (young && flight.generation === this.#generation) return flight.loading
    return this.#fly(key).loading
  }

  #fly(key: string): Flight<T> {
    const generation = this.#generation
    // The age counts from the start of the look-up: what it found was true then, perhaps not when it arrived.
    const begunAt = this.#clock()
    // What takes longer than it would be believed is an outage, whatever it was going to say.
    const loading = inTime(BELIEVED_MS, this.#options.load(key, begunAt)).then((found) => {
      const entry = { ...(found ?? { value: null, asOf: begunAt }), generation }
      this.#options.catchUp()
      if (generation === this.#generation) this.#keep(key, entry)
      return entry
    })
    const flight = { generation, begunAt, loading }
    this.#flights.set(key, flight)
    const landed = () => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key)
    }
    loading.then(landed, landed)
    return flight
  }

  /** Unless what is there is younger. */
  #keep(key: string, entry: Entry<T>): void {
    const here = this.#known.get(key) ?? this.#unknown.get(key)
    if (here !== undefined && here.asOf > entry.asOf) return
    this.#known.delete(key)
    this.#unknown.delete(key)
    if (entry.value) this.#missed.delete(key)
    else this.#missed.set(key, entry.asOf)
    const map = entry.value ? this.#known : this.#unknown
    map.set(key, entry)
  }
}
