import type { NewId } from '../core/id.ts'
import type { WebhookEvent } from '../core/webhook.ts'
import type { Row } from '../db/tables.ts'
import { type PostParts, post } from './post.ts'
import { signedHeaders } from './signed.ts'

/** Ids in the place of a thing's own: whoever reads it sees that there is no such thing. */
const sampleId = (type: string) => (type.startsWith('batch.') ? 'batch_sample' : 'resp_sample')

/**
 * Sends a sample event at once, and once. @returns what the original says of it
 * @throws why there is no answer
 */
export async function sendTest(
  parts: PostParts & { newId: NewId; now: () => number },
  endpoint: Row<'webhook_endpoint'>,
  type: WebhookEvent,
) {
  const { newId, now } = parts
  const created_at = Math.floor(now() / 1000)
  const data = { id: sampleId(type) }
  const body = JSON.stringify({ object: 'event', id: newId('webhookEvent'), created_at, type, data })
  const headers = signedHeaders(endpoint, { id: newId('webhookDelivery'), body }, created_at)
  const status_code = await post({ url: endpoint.url, headers, body }, parts, new AbortController().signal)
  const webhook_endpoint_id = endpoint.id
  return { object: 'webhook_endpoint.test', webhook_endpoint_id, event_type: type, status_code, success: true }
}
