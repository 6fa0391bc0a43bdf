import type { CounterName, GaugeName, Metrics } from './metrics.ts'

/** What something was counted as, and how often. */
export type Counted = { name: CounterName; labels: Record<string, string>; value: number }

/** What a gauge stands at. */
export type Reading = { name: GaugeName; labels: Record<string, string>; value: number }

/** What one thread has counted since it was asked last, and what its gauges stand at. */
export type Reported = { counted: Counted[]; readings: Reading[] }

/** What was counted of one counter: below each label's value that of the next. */
type Branch = { below: Map<string, Branch>; counted: Counted | null }

/** Counts in plain maps, so that counting costs a request next to nothing: no text is put together for it. */
export class Counts implements Metrics {
  readonly #roots = new Map<CounterName, Branch>()
  #all: Counted[] = []
  readonly #gauges: { name: GaugeName; labels: Record<string, string>; read: () => number }[] = []

  gauge(name: GaugeName, read: () => number, labels: Record<string, string> = {}): void {
    this.#gauges.push({ name, labels, read })
  }

  count(name: CounterName, labels: Record<string, string> = {}, by = 1): void {
    let branch = within(this.#roots, name)
    for (const label in labels) branch = within(branch.below, labels[label] ?? '')
    if (branch.counted !== null) branch.counted.value += by
    else {
      branch.counted = { name, labels, value: by }
      this.#all.push(branch.counted)
    }
  }

  /** What a counter stands at, by its labels. */
  valuesOf(name: CounterName): Counted[] {
    return this.#all.filter((one) => one.name === name)
  }

  /** What the gauges stand at now. */
  readings(): Reading[] {
    return this.#gauges.map(({ name, labels, read }) => ({ name, labels, value: read() }))
  }

  /** Hands over what was counted: it is counted elsewhere from now on. */
  take(): Counted[] {
    const counted = this.#all
    this.#all = []
    this.#roots.clear()
    return counted
  }

  add(counted: readonly Counted[]): void {
    for (const { name, labels, value } of counted) this.count(name, labels, value)
  }
}

function within<K>(branches: Map<K, Branch>, value: K): Branch {
  let branch = branches.get(value)
  if (branch === undefined) {
    branch = { below: new Map(), counted: null }
    branches.set(value, branch)
  }
  return branch
}
