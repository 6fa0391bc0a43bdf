import type { Registry } from 'prom-client'
import { Counts, type Reading, type Reported } from '../core/counts.ts'
import { type CounterName, counters, type GaugeName, gauges } from '../core/metrics.ts'

/** How long what Node says of the process is kept, in milliseconds: it is read from files, and anybody may ask for it. */
const PROCESS_MS = 1000

type Text = { contentType: string; body: string }
/** What the program counts, and what Node says of the process. */
type Registries = { own: Registry; process: Registry }

/**
 * What is counted, as Prometheus reads it: prom-client is loaded by the first scrape and writes the text. Labels name no key,
 * project or model.
 */
export class PrometheusMetrics extends Counts {
  #others: (() => Promise<readonly Reported[]>) | null = null
  #readings: readonly Reading[] = []
  #registries: Promise<Registries> | undefined
  #making: Promise<Text> | null = null
  #process = ''
  #processUntil = 0

  /** Has other threads asked at every scrape: what they counted is added, and gauges are the sum of all. */
  alsoOf(others: () => Promise<readonly Reported[]>): void {
    this.#others = others
  }

  /** Everything in Prometheus' text format; whoever asks while it is made shares it. */
  text(): Promise<Text> {
    this.#making ??= this.#make().finally(() => {
      this.#making = null
    })
    return this.#making
  }

  async #make(): Promise<Text> {
    const reported = (await this.#others?.()) ?? []
    for (const { counted } of reported) this.add(counted)
    this.#readings = [...this.readings(), ...reported.flatMap(({ readings }) => readings)]
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
    const valuesOf = (name: CounterName) => this.valuesOf(name)
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
    const readingsOf = (wanted: GaugeName) => this.#readings.filter(({ name }) => name === wanted)
    for (const [name, help] of Object.entries(gauges) as [GaugeName, string][]) {
      new Gauge({
        name,
        help,
        labelNames: Object.keys(readingsOf(name)[0]?.labels ?? {}),
        registers: [registry],
        collect() {
          this.reset()
          for (const { labels, value } of readingsOf(name)) this.inc(labels, value)
        },
      })
    }
    return { own: registry, process }
  }
}
