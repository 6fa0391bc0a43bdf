import type { Registry } from 'prom-client'

/** One counter: its help text and label names. */
const counters = {
  gatehouse_requests_total: { help: 'Requests answered, by door and status.', labels: ['door', 'status'] },
  gatehouse_authentication_failures_total: { help: 'Requests answered 401, by door.', labels: ['door'] },
  gatehouse_sql_statements_total: { help: 'SQL statements run.', labels: [] },
} as const
type CounterName = keyof typeof counters

/**
 * Counts in plain maps, so that counting costs a request next to nothing; prom-client is loaded by the first scrape and
 * writes the text. Labels name no key, project or model.
 */
export class Metrics {
  readonly #values = new Map<CounterName, Map<string, { labels: Record<string, string>; value: number }>>()
  readonly #inFlight: () => number
  #registry: Promise<Registry> | undefined

  /** @param inFlight how many requests are being answered now */
  constructor(inFlight: () => number) {
    this.#inFlight = inFlight
  }

  count(name: CounterName, labels: Record<string, string> = {}): void {
    const values = this.#values.get(name) ?? new Map()
    this.#values.set(name, values)
    const key = Object.values(labels).join(' ')
    const known = values.get(key)
    if (known) known.value++
    else values.set(key, { labels, value: 1 })
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
    const inFlight = this.#inFlight
    new Gauge({
      name: 'gatehouse_requests_in_flight',
      help: 'Requests being answered.',
      registers: [registry],
      collect() {
        this.set(inFlight())
      },
    })
    return registry
  }
}
