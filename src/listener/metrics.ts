import type { Registry } from 'prom-client'
import { type CounterName, counters, type GaugeName, gauges, type Metrics } from '../core/metrics.ts'

/**
 * Counts in plain maps, so that counting costs a request next to nothing; prom-client is loaded by the first scrape and
 * writes the text. Labels name no key, project or model.
 */
export class PrometheusMetrics implements Metrics {
  readonly #values = new Map<CounterName, Map<string, { labels: Record<string, string>; value: number }>>()
  readonly #gauges = new Map<GaugeName, () => number>()
  #registry: Promise<Registry> | undefined

  gauge(name: GaugeName, read: () => number): void {
    this.#gauges.set(name, read)
  }

  count(name: CounterName, labels: Record<string, string> = {}, by = 1): void {
    let values = this.#values.get(name)
    if (!values) {
      values = new Map()
      this.#values.set(name, values)
    }
    let key = ''
    for (const label in labels) key += ` ${labels[label]}`
    const known = values.get(key)
    if (known) known.value += by
    else values.set(key, { labels, value: by })
  }

  /** Everything in Prometheus' text format. */
  async text(): Promise<{ contentType: string; body: string }> {
    this.#registry ??= this.#register()
    const registry = await this.#registry
    return { contentType: registry.contentType, body: await registry.metrics() }
  }

  async #register(): Promise<Registry> {
    const { Counter, collectDefaultMetrics, Gauge, Registry } = (await import('prom-client')).default
    const registry = new Registry()
    collectDefaultMetrics({ register: registry })
    const valuesOf = (name: CounterName) => [...(this.#values.get(name)?.values() ?? [])]
    for (const [name, { help, labels }] of Object.entries(counters) as [
      CounterName,
      (typeof counters)[CounterName],
    ][]) {
      new Counter({
        name,
        help,
        labelNames: labels,
        registers: [registry],
        collect() {
          this.reset()
          for (const { labels, value } of valuesOf(name)) this.inc(labels, value)
        },
      })
    }
    for (const [name, read] of this.#gauges) {
      new Gauge({
        name,
        help: gauges[name],
        registers: [registry],
        collect() {
          this.set(read())
        },
      })
    }
    return registry
  }
}
