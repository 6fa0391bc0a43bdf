import type { CounterName, GaugeName, Metrics } from './metrics.ts'

/** What something was counted as, and how often. */
export type Counted = { name: CounterName; labels: Record<string, string>; value: number }

/** What a gauge stands at. */
export type Reading = { name: GaugeName; labels: Record<string, string>; value: number }

/** What one thread has counted since it was asked last, and what its gauges stand at. */
export type Reported = { counted: Counted[]; readings: Reading[] }

/** Counts in plain maps, so that counting costs a request next to nothing. */
export class Counts implements Metrics {
  readonly #counted = new Map<CounterName, Map<string, Counted>>()
  readonly #gauges: { name: GaugeName; labels: Record<string, string>; read: () => number }[] = []

  gauge(name: GaugeName, read: () => number, labels: Record<string, string> = {}): void {
    this.#gauges.push({ name, labels, read })
  }

  count(name: CounterName, labels: Record<string, string> = {}, by = 1): void {
    let values = this.#counted.get(name)
    if (!values) {
      values = new Map()
      this.#counted.set(name, values)
    }
    let key = ''
    for (const label in labels) key += ` ${labels[label]}`
    const known = values.get(key)
    if (known) known.value += by
    else values.set(key, { name, labels, value: by })
  }

  /** What a counter stands at, by its labels. */
  valuesOf(name: CounterName): Counted[] {
    return [...(this.#counted.get(name)?.values() ?? [])]
  }

  /** What the gauges stand at now. */
  readings(): Reading[] {
    return this.#gauges.map(({ name, labels, read }) => ({ name, labels, value: read() }))
  }

  /** Hands over what was counted: it is counted elsewhere from now on. */
  take(): Counted[] {
    const counted = [...this.#counted.values()].flatMap((values) => [...values.values()])
    this.#counted.clear()
    return counted
  }

  add(counted: readonly Counted[]): void {
    for (const { name, labels, value } of counted) this.count(name, labels, value)
  }
}
