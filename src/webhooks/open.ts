import type { Config } from '../config/settings.ts'
import type { NewId } from '../core/id.ts'
import type { WebhookDesk } from '../core/webhook-asked.ts'
import type { Db } from '../db/tables.ts'
import { webhookDesk } from './desk.ts'
import { resolve } from './reachable.ts'

/** Milliseconds that a receiver has to answer. */
const TIMEOUT_MS = 10_000

type Parts = { db: Db; newId: NewId; now: () => number }

/** Puts together what keeps webhook endpoints, once on a machine. */
export function openWebhooks(
  { webhookNetworks: networks }: Pick<Config, 'webhookNetworks'>,
  parts: Parts,
): { webhooks: WebhookDesk } {
  return { webhooks: webhookDesk({ ...parts, networks, resolve, timeoutMs: TIMEOUT_MS }) }
}
