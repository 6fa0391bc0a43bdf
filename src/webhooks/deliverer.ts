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

/** Deliveries at once: to one endpoint, of one project, and altogether. */
const [OF_ENDPOINT, OF_PROJECT, OF_ALL] = [4, 16, 64]
/** Milliseconds between two looks at what is due. */
const EVERY_MS = 1000
/** Milliseconds that deliveries have to come to their end when this is to stop: what has not by then is delivered again. */
const STOP_MS = 2000

type Delivery = Row<'webhook_delivery'>

/**
 * Delivers what is due, to whoever has waited longest first, and no more to one endpoint, or for one project, than its share: who does not
 * answer holds up nobody else. What becomes of an attempt is written down behind it: whoever dies in the middle has it delivered again, under the
 * same id.
 */
export class Deliverer {
  readonly #parts: DelivererParts
  /** By the delivery's id. */
  readonly #running = new Map<string, Promise<void>>()
  /** How many there are of an endpoint, and of a project. */
  readonly #shares = new Map<string, number>()

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
        await Promise.race([
          ...this.#running.values(),
          sleep(EVERY_MS, undefined, { signal, ref: false }).catch(() => {}),
        ])
      }
    } finally {
      const late = setTimeout(() => cut.abort(), STOP_MS)
      await Promise.all(this.#running.values())
      clearTimeout(late)
    }
  }

  async #begin(signal: AbortSignal): Promise<void> {
    const { db, now } = this.#parts
    // Beside those whose share is taken there are others: so many are never all of that kind.
    for (const endpoint of await dueWebhookEndpoints(db, now(), OF_ALL * 2)) {
      const room = this.#roomFor(endpoint)
      if (room <= 0) continue
      // One that ends while this is read may be read as it was before.
      const running = new Set(this.#running.keys())
      const due = await dueWebhooks(db, endpoint, now(), room + this.#taken(endpoint.id))
      for (const delivery of due.filter(({ id }) => !running.has(id)).slice(0, room))
        this.#start(endpoint, delivery, signal)
      if (this.#running.size >= OF_ALL) return
    }
  }

  #taken = (share: string) => this.#shares.get(share) ?? 0

  #roomFor(endpoint: DueEndpoint): number {
    return Math.min(
      OF_ENDPOINT - this.#taken(endpoint.id),
      OF_PROJECT - this.#taken(ownerOf(endpoint)),
      OF_ALL - this.#running.size,
    )
  }

  #start(endpoint: DueEndpoint, delivery: Delivery, signal: AbortSignal): void {
    const shares = [endpoint.id, ownerOf(endpoint)]
    for (const share of shares) this.#shares.set(share, this.#taken(share) + 1)
    const done = this.#deliver(endpoint, delivery, signal).finally(() => {
      this.#running.delete(delivery.id)
      for (const share of shares) {
        const left = this.#taken(share) - 1
        if (left > 0) this.#shares.set(share, left)
        else this.#shares.delete(share)
      }
    })
    this.#running.set(delivery.id, done)
  }

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
    const { now } = this.#parts
    const { id, payload: body } = delivery
    const begun = Math.floor(now() / 1000)
    const headers = signedHeaders(endpoint, { id, body }, begun)
    const told = await post({ url: endpoint.url, headers, body }, this.#parts, signal).catch((error: unknown) => ({
      error,
    }))
    if (typeof told === 'object') {
      if (signal.aborted) return null
      return { at: begun, status: null, error: reasonOf(told.error), dueAt: this.#next(delivery) }
    }
    if (told >= 200 && told < 300) return { at: begun, status: told, error: null, dueAt: null }
    return { at: begun, status: told, error: `the status ${told}`, dueAt: this.#next(delivery) }
  }

  /** When it is tried again: later each time, for three days. */
  #next({ attempts, created_at }: Delivery): number | null {
    const now = this.#parts.now()
    const next = now + Math.round(pauseAfter(attempts + 1, Math.random()) * 1000)
    return next > (created_at + WEBHOOK_LIFETIME) * 1000 ? null : next
  }
}

/** Whose share it is. */
const ownerOf = ({ organization_id, project_id }: DueEndpoint) => project_id ?? organization_id
