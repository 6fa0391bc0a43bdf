import { signaturesOf } from '../core/webhook.ts'
import type { Row } from '../db/tables.ts'

type Secrets = Pick<Row<'webhook_endpoint'>, 'secret' | 'old_secret' | 'old_secret_until'>

/** The headers of a delivery (Standard Webhooks), signed with each secret that counts. @param now Unix seconds */
export function signedHeaders(
  { secret, old_secret, old_secret_until }: Secrets,
  { id, body }: { id: string; body: string },
  now: number,
): Record<string, string> {
  const isOld = old_secret !== null && (old_secret_until ?? 0) > now
  return {
    'content-type': 'application/json',
    'user-agent': 'Gatehouse-Webhooks',
    'webhook-id': id,
    'webhook-timestamp': String(now),
    'webhook-signature': signaturesOf(isOld ? [secret, old_secret] : [secret], id, now, body),
  }
}
