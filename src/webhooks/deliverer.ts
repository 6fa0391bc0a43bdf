import { setTimeout as sleep } from 'node:timers/promises'
import type { Job } from '../background/job.ts'
import type { Log } from '../core/log.ts'
import type { Metrics } from '../core/metrics.ts'
import { pauseAfter, WEBHOOK_LIFETIME } from '../core/webhook.ts'
import type { Db, Row } from '../db/tables.ts'
import {
  type DueEndpoint,
  dueWebhookEndpoints,
  dueWebhooks,
  settleWebhook,
  type WebhookAttempt,
} from '../db/webhook-deliveries.ts'
import { Places, type PlacesSizes } from './places.ts'
import { type PostParts, post, reasonOf } from './post.ts'
import { signedHeaders } from './signed.ts'

export type DelivererParts = PostParts & {
  /** One that can be written to. */
  db: Db
  /** Milliseconds since the epoch. */
  now: () => number
  log: Pick<Log, 'debug' | 'warn'>
  metrics: Pick<Metrics, 'count'>
}

/** Deliveries at once, at most. Who did not answer in time has places apart, fewer: others' are never taken by those who hang. */
const ANSWERING: PlacesSizes = { all: 96, project: 16, endpoint: 4 }
const HANGING: PlacesSizes = { all: 32, project: 4, endpoint: 1 }
/** Endpoints that are looked at with one statement: more than can be among them, all of whose deliveries are on their way. */
const AT_ONCE = 256
/** The part of the time it has to answer beyond which a receiver hangs. */
const PATIENCE = 0.5
/** Milliseconds between two looks at what is due. */
const EVERY_MS = 1000
/** Milliseconds that deliveries have to come to their end when this is to stop: what has not by then is delivered again. */
const STOP_MS = 2000

type Delivery = Row<'webhook_delivery'>

/**
 * Delivers what is due, to whoever has waited longest for its turn first, and no more to one endpoint, for one project or for one organization than
 * leaves room for others: who does not answer holds up nobody else. What becomes of an attempt is written down behind it: whoever dies in the middle has it delivered again, under the
 * same id.
 */
export class Deliverer {
  readonly #parts: DelivererParts
  /** By the delivery's id. */
  readonly #running = new Map<string, { endpointId: string; done: Promise<void> }>()
  readonly #answering = new Places(ANSWERING)
  readonly #hanging = new Places(HANGING)

  constructor(parts: DelivererParts) {
    this.#parts = parts
  }

  get job(): Job {
    return { name: 'webhooks', everyMs: EVERY_MS, run: (signal) => this.#run(signal) }
  }

  /** Goes on for as long as something is on its way: meanwhile more may be due. */
  async #run(signal: AbortSignal): Promise<void> {
    const cut = new AbortController()
    try {
      while (!signal.aborted) {
        await this.#begin(cut.signal)
        if (this.#running.size === 0) return
        // One that ends makes room.
        await Promise.race([...this.#ends(), sleep(EVERY_MS, undefined, { signal, ref: false }).catch(() => {})])
      }
    } finally {
      const late = setTimeout(() => cut.abort(), STOP_MS)
      await Promise.all(this.#ends())
      clearTimeout(late)
    }
  }

  async #begin(signal: AbortSignal): Promise<void> {
    await this.#fill(this.#answering, false, signal)
    await this.#fill(this.#hanging, true, signal)
  }

  /** Gives places to who has something due, until there is none for anybody who has. */
  async #fill(places: Places, hanging: boolean, signal: AbortSignal): Promise<void> {
    const { db, now } = this.#parts
    for (let mayBeMore = true; mayBeMore && !places.isFull; ) {
      const sought = { now: now(), hanging, without: places.crowded(), limit: AT_ONCE }
      const endpoints = await dueWebhookEndpoints(db, sought)
      let begun = 0
      for (const endpoint of endpoints) begun += await this.#deliverDue(endpoint, places, signal)
      // Those that found no room among so many are left out of the next look.
      mayBeMore = begun > 0 && endpoints.length === AT_ONCE
    }
  }

  /** Begins what is due to an endpoint and has room. @returns how many deliveries */
  async #deliverDue(endpoint: DueEndpoint, places: Places, signal: AbortSignal): Promise<number> {
    const { db, now } = this.#parts
    // One that ends while this is read may be read as it was before.
    const running = new Set(this.#running.keys())
    const own = [...this.#running.values()].filter(({ endpointId }) => endpointId === endpoint.id).length
    if (endpoint.waiting <= own || !places.hasRoom(endpoint)) return 0
    const due = await dueWebhooks(db, endpoint, now(), own + places.ofEndpoint)
    let begun = 0
    for (const delivery of due) {
      if (running.has(delivery.id)) continue
      if (!places.hasRoom(endpoint)) break
      this.#start(endpoint, delivery, places.take(endpoint), signal)
      begun++
    }
    return begun
  }

  #start(endpoint: DueEndpoint, delivery: Delivery, giveBack: () => void, signal: AbortSignal): void {
    const done = this.#deliver(endpoint, delivery, signal).finally(() => {
      this.#running.delete(delivery.id)
      giveBack()
    })
    this.#running.set(delivery.id, { endpointId: endpoint.id, done })
  }

  #ends = () => [...this.#running.values()].map(({ done }) => done)

  /** Never fails: what is not written down is due still. */
  async #deliver(endpoint: DueEndpoint, delivery: Delivery, signal: AbortSignal): Promise<void> {
    const { db, log, metrics } = this.#parts
    const attempt = await this.#attempt(endpoint, delivery, signal)
    if (attempt === null) return
    try {
      await settleWebhook(db, delivery, attempt)
    } catch (err) {
      log.warn(
        { err, delivery: delivery.id },
        'what became of a webhook could not be written down: it is delivered again',
      )
      return
    }
    const outcome = attempt.error === null ? 'delivered' : attempt.dueAt === null ? 'given_up' : 'failed'
    metrics.count('gatehouse_webhooks_total', { outcome })
    const about = { endpoint: endpoint.id, delivery: delivery.id, event: delivery.event_type, error: attempt.error }
    if (outcome === 'given_up') log.warn(about, 'a webhook has not arrived in three days, and is not tried any more')
    else log.debug(about, attempt.error === null ? 'a webhook has arrived' : 'a webhook has not arrived yet')
  }

  /** @returns null where it was cut off because this is to stop: then it was none */
  async #attempt(endpoint: DueEndpoint, delivery: Delivery, signal: AbortSignal): Promise<WebhookAttempt | null> {
    const { now, timeoutMs } = this.#parts
    const { id, payload: body } = delivery
    const at = Math.floor(now() / 1000)
    const headers = signedHeaders(endpoint, { id, body }, at)
    const begun = performance.now()
    const told = await post({ url: endpoint.url, headers, body }, this.#parts, signal).catch((error: unknown) => ({
      error,
    }))
    const took = { at, endedAt: now(), hung: performance.now() - begun > timeoutMs * PATIENCE }
    if (typeof told === 'object') {
      if (signal.aborted) return null
      return { ...took, status: null, error: reasonOf(told.error), dueAt: this.#next(delivery) }
    }
    if (told >= 200 && told < 300) return { ...took, status: told, error: null, dueAt: null }
    return { ...took, status: told, error: `the status ${told}`, dueAt: this.#next(delivery) }
  }

  /** When it is tried again: later each time, for three days. */
  #next({ attempts, created_at }: Delivery): number | null {
    const now = this.#parts.now()
    const next = now + Math.round(pauseAfter(attempts + 1, Math.random()) * 1000)
    return next > (created_at + WEBHOOK_LIFETIME) * 1000 ? null : next
  }
}
