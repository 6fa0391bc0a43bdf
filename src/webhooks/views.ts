import { hintOf } from '../core/webhook.ts'
import type { Row } from '../db/tables.ts'

type Endpoint = Row<'webhook_endpoint'>

/** An endpoint as the original shows it. */
export const endpointView = (row: Endpoint) => ({
  object: 'webhook_endpoint' as const,
  id: row.id,
  name: row.name,
  url: row.url,
  event_types: JSON.parse(row.event_types) as string[],
  signing_secret_hint: hintOf(row.secret),
  created_at: row.created_at,
  updated_at: row.updated_at,
})

/** The same where its secret is new, which is shown this once. */
export const withSecret = (row: Endpoint) => ({ ...endpointView(row), signing_secret: row.secret })

/** Something that has not reached its endpoint, or not yet; ours. */
export const deliveryView = (row: Row<'webhook_delivery'>) => ({
  object: 'webhook_endpoint.delivery' as const,
  id: row.id,
  event_id: row.event_id,
  event_type: row.event_type,
  status: row.due_at === null ? ('failed' as const) : ('waiting' as const),
  attempts: row.attempts,
  created_at: row.created_at,
  last_attempt_at: row.attempted_at,
  next_attempt_at: row.due_at === null ? null : Math.ceil(row.due_at / 1000),
  status_code: row.status_code,
  error: row.error,
})
