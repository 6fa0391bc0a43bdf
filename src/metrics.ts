import type { Registry } from 'prom-client'

/** One counter: its help text and label names. */
const counters = {
  gatehouse_requests_total: { help: 'Requests answered, by door and status.', labels: ['door', 'status'] },
  gatehouse_authentication_failures_total: { help: 'Requests answered 401, by door.', labels: ['door'] },
  gatehouse_upstream_failures_total: {
    help: 'Calls and lists of models that a model server did not serve, by its name in the configuration and the reason.',
    labels: ['upstream', 'reason'],
  },
  gatehouse_gateway_refusals_total: {
    help: 'Calls that the gateway answered with an error of its own, by the reason.',
    labels: ['reason'],
  },
  gatehouse_sql_statements_total: { help: 'SQL statements run.', labels: [] },
  gatehouse_usage_entries_dropped_total: { help: 'Entries of usage and costs that were lost.', labels: [] },
  gatehouse_spend_alerts_total: { help: 'Spend alerts raised, by level: project or organization.', labels: ['level'] },
  gatehouse_mails_total: { help: 'Mails, by outcome: sent, or failed for good.', labels: ['outcome'] },
} as const
type CounterName = keyof typeof counters

/** What is read when it is asked for: its help text. */
const gauges = {
  gatehouse_requests_in_flight: 'Requests being answered.',
  gatehouse_body_bytes: 'Bytes of request bodies that are held, in memory and in files.',
  gatehouse_calls_settling: 'Calls that have their answer and whose use is still counted.',
  gatehouse_tokens_estimated:
    'Texts since the start whose tokens were estimated because they could not be counted in time.',
  gatehouse_usage_buffered: 'Rows of usage and costs that are not in the database yet.',
} as const
type GaugeName = keyof typeof gauges

/**
 * Counts in plain maps, so that counting costs a request next to nothing; prom-client is loaded by the first scrape and
 * writes the text. Labels name no key, project or model.
 */
export class Metrics {
  readonly #values = new Map<CounterName, Map<string, { labels: Record<string, string>; value: number }>>()
  readonly #gauges = new Map<GaugeName, () => number>()
  #registry: Promise<Registry> | undefined

  /** @param read what the gauge stands at now, asked at every scrape */
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
