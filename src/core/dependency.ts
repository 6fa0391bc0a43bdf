import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'

/**
 * What the server needs besides itself: the database, a schema there that it can work on, the channel on which it hears of changes, the counters in
 * Redis, and the channel of changes there.
 */
export type DependencyName = 'database' | 'schema' | 'changes' | 'redis' | 'redis_changes'

/** How something stands that the server needs: it works; others take its place for now; it is missed. */
export type Standing = 'ok' | 'degraded' | 'unavailable'

/**
 * How the schema of the database stands to this version: its own; one that a later version only added to; one of a later version that this
 * one cannot work on; one that lacks what this one needs.
 */
export type SchemaStanding = 'own' | 'newer' | 'too_new' | 'older'

/** Whether something that the server needs is there, as its users ask: those that can do without it for a while. */
export type Availability = {
  readonly isThere: boolean
  /** Says that it failed somebody, or was too slow: it is looked into. Costs nothing and never throws. */
  doubt: () => void
}

/** Whom it is told, and by which clock: milliseconds that never step back. */
export type Told = { log: Pick<Log, 'info' | 'warn'>; metrics: Metrics; clock: () => number }

/** What the log says, once for each change. */
export type Words = { away: string; back: string }

/** Whether something that the server needs is there: kept in one place, and told in the log and in `/metrics` once for each change. */
export class Dependency {
  readonly #name: DependencyName
  readonly #words: Words
  readonly #told: Told
  /** In memory that other threads can read: 1 where it is there, and how often it has come. */
  readonly flag = new Int32Array(new SharedArrayBuffer(8)).fill(1)
  #changedAt: number

  constructor(name: DependencyName, words: Words, told: Told) {
    this.#name = name
    this.#words = words
    this.#told = told
    this.#changedAt = told.clock()
    told.metrics.gauge('gatehouse_dependency_up', () => Number(this.isThere), { dependency: name })
  }

  get isThere(): boolean {
    return isSaidThere(this.flag)
  }

  /** For how long it has been away, in milliseconds; 0 where it is there. */
  get awayMs(): number {
    return this.isThere ? 0 : this.#told.clock() - this.#changedAt
  }

  /** Says how it is. @param err why it is away @returns whether that is news */
  is(isThere: boolean, err?: unknown): boolean {
    if (isThere === this.isThere) return false
    const { log, metrics, clock } = this.#told
    const lasted = Math.round(clock() - this.#changedAt)
    if (isThere) Atomics.add(this.flag, 1, 1)
    Atomics.store(this.flag, 0, Number(isThere))
    this.#changedAt = clock()
    metrics.count('gatehouse_dependency_changes_total', {
      dependency: this.#name,
      to: isThere ? 'there' : 'away',
    })
    if (isThere) log.info({ dependency: this.#name, away_ms: lasted }, this.#words.back)
    else log.warn({ dependency: this.#name, err }, this.#words.away)
    return true
  }
}

/** Whether a dependency is there, as another thread says in its flag. */
export const isSaidThere = (flag: Int32Array): boolean => Atomics.load(flag, 0) === 1

/** How often it has come, as another thread says in its flag: more than before means that it was away meanwhile. */
export const timesCome = (flag: Int32Array): number => Atomics.load(flag, 1)
