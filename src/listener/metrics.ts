import type { Registry } from 'prom-client'
import { type CounterName, counters, type GaugeName, gauges, type Metrics } from '../core/metrics.ts'

/** How long what Node says of the process is kept, in milliseconds: it is read from files, and anybody may ask for it. */
const PROCESS_MS = 1000

type Text = { contentType: string; body: string }
/** What the program counts, and what Node says of the process. */
type Registries = { own: Registry; process: Registry }

/**
 * Counts in plain maps, so that counting costs a request next to nothing; prom-client is loaded by the first scrape and
 * writes the text. Labels name no key, project or model.
 */
export class PrometheusMetrics implements Metrics {
  readonly #values = new Map<CounterName, Map<string, { labels: Record<string, string>; value: number }>>()
  readonly #gauges = new Map<GaugeName, () => number>()
  #registries: Promise<Registries> | undefined
  #making: Promise<Text> | null = null
  #process = ''
  #processUntil = 0

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

  /** Everything in Prometheus' text format; whoever asks while it is made shares it. */
  text(): Promise<Text> {
    this.#making ??= this.#make().finally(() => {
      this.#making = null
    })
    return this.#making
  }

  async #make(): Promise<Text> {
    this.#registries ??= this.#register()
    const { own, process } = await this.#registries
    if (performance.now() >= this.#processUntil) {
      this.#process = await process.metrics()
      this.#processUntil = performance.now() + PROCESS_MS
    }
    return { contentType: own.contentType, body: this.#process + (await own.metrics()) }
  }

  async #register(): Promise<Registries> {
    const { Counter, collectDefaultMetrics, Gauge, Registry } = (await import('prom-client')).default
    const registry = new Registry()
    const process = new Registry()
    collectDefaultMetrics({ register: process })
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
    return { own: registry, process }
  }
}
