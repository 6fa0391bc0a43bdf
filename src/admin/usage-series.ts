import type { Range } from '../core/usage.ts'

/** Sums by their names. */
export type Sums = Record<string, number>

/** Sums of each bucket of a period, and of all of it. */
export class Series {
  readonly total: Sums
  readonly buckets: readonly Sums[]
  readonly #range: Range

  /** @param names of the sums: each bucket has all of them, most of them 0 */
  constructor(range: Range, names: readonly string[]) {
    const none = () => Object.fromEntries(names.map((name) => [name, 0]))
    this.#range = range
    this.total = none()
    this.buckets = Array.from({ length: (range.to - range.from) / range.grain }, none)
  }

  /** @param time at which its bucket begins, in Unix seconds */
  add(time: number, sums: Sums): void {
    const bucket = this.buckets[(time - this.#range.from) / this.#range.grain]
    for (const into of [this.total, bucket]) {
      if (into) for (const name of Object.keys(into)) into[name] = (into[name] ?? 0) + (sums[name] ?? 0)
    }
  }
}

/** What was read of a period: all of it, some groups, and with the name null all others together. */
export type Read = { range: Range; all: Series; groups: ReadonlyMap<string | null, Series> }
