import { Background } from '../background/background.ts'
import type { Config } from '../config/settings.ts'
import type { NewId } from '../core/id.ts'
import type { Log } from '../core/log.ts'
import type { Metrics } from '../core/metrics.ts'
import type { WebhookDesk, WebhookRules } from '../core/webhook-asked.ts'
import type { Db } from '../db/tables.ts'
import { hasWebhookEndpoints } from '../db/webhook-endpoints.ts'
import { Deliverer } from './deliverer.ts'
import { webhookDesk } from './desk.ts'
import { followerJob } from './follower.ts'
import { limitTeller } from './limits.ts'
import { flawOfPlace, resolve } from './reachable.ts'

/** Milliseconds that a receiver has to answer. */
const TIMEOUT_MS = 10_000
/** Milliseconds between two looks whether another node has an endpoint, for as long as there is none. */
const LOOK_MS = 60_000

type Parts = {
  db: Db
  /** The gate's own database, to deliver with. */
  gateDb: Db
  newId: NewId
  now: () => number
  log: Log
  metrics: Metrics
}

export type OpenWebhooks = AsyncDisposable & { webhooks: WebhookDesk; webhookRules: WebhookRules }

/**
 * Puts together what keeps webhook endpoints and what delivers to them, once on a machine. Nothing is delivered, and nothing asked for that, before
 * there is an endpoint. Disposing waits for what is on its way, for a moment.
 */
export async function openWebhooks(
  { webhookNetworks: networks }: Pick<Config, 'webhookNetworks'>,
  { db, gateDb, newId, now, log, metrics }: Parts,
): Promise<OpenWebhooks> {
  const posting = { networks, resolve, timeoutMs: TIMEOUT_MS }
  const background = new Background({ db: gateDb, log })
  background.add(new Deliverer({ ...posting, db: gateDb, now, log, metrics }).job)
  background.add(followerJob({ db: gateDb, newId, now }))
  let isAnybody = false
  const limits = limitTeller({ db: gateDb, newId, now, log }, () => isAnybody)
  const begin = () => {
    isAnybody = true
    clearInterval(looking)
    background.start()
  }
  const look = async () => {
    if (await hasWebhookEndpoints(db)) begin()
  }
  // While the database is away nobody has one made.
  const looking = setInterval(() => look().catch(() => {}), LOOK_MS).unref()
  await look()
  return {
    webhooks: webhookDesk({ ...posting, db, newId, now, made: begin, limited: limits.limited }),
    webhookRules: { flawOf: (url) => flawOfPlace(url, networks), made: begin },
    async [Symbol.asyncDispose]() {
      clearInterval(looking)
      await limits.over()
      await background[Symbol.asyncDispose]()
    },
  }
}
