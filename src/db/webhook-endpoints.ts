import { mintWebhookSecret } from '../core/webhook.ts'
import type { Db, Row } from './tables.ts'

/** Whose endpoints: a project's, or where there is none the organization's own. */
export type WebhookOwner = { organizationId: string; projectId: string | null }

const ofOwner = ({ organizationId, projectId }: WebhookOwner) => ({
  organization_id: organizationId,
  project_id: projectId,
})

/** One of the owner's; undefined where it has none with this id. */
export function findWebhookEndpoint(
  db: Db,
  owner: WebhookOwner,
  id: string,
): Promise<Row<'webhook_endpoint'> | undefined> {
  return db
    .selectFrom('webhook_endpoint')
    .selectAll()
    .where((eb) => eb.and({ ...ofOwner(owner), id }))
    .executeTakeFirst()
}

/** The owner's endpoints, the newest first. @param after the id of the last that was shown before */
export function listWebhookEndpoints(
  db: Db,
  owner: WebhookOwner,
  { after, limit }: { after: string | null; limit: number },
): Promise<Row<'webhook_endpoint'>[]> {
  let listed = db
    .selectFrom('webhook_endpoint')
    .selectAll()
    .where((eb) => eb.and(ofOwner(owner)))
  if (after !== null) listed = listed.where('id', '<', after)
  return listed.orderBy('id', 'desc').limit(limit).execute()
}

/** Whether anybody has one. */
export async function hasWebhookEndpoints(db: Db): Promise<boolean> {
  return (await db.selectFrom('webhook_endpoint').select('id').limit(1).executeTakeFirst()) !== undefined
}

/** What somebody says of an endpoint that they make. */
export type WebhookWritten = { name: string; url: string; eventTypes: readonly string[] }

/** Makes an endpoint with a secret of its own, to which nothing is to be told yet. @param now Unix seconds */
export async function makeWebhookEndpoint(
  db: Db,
  owner: WebhookOwner,
  { name, url, eventTypes }: WebhookWritten,
  { id, now }: { id: string; now: number },
): Promise<Row<'webhook_endpoint'>> {
  const row: Row<'webhook_endpoint'> = {
    ...{ id, ...ofOwner(owner), name, url, event_types: JSON.stringify(eventTypes), secret: mintWebhookSecret() },
    ...{ old_secret: null, old_secret_until: null, created_at: now, updated_at: now },
    ...{ due_at: null, waiting: 0, hanging: 0 },
  }
  await db.insertInto('webhook_endpoint').values(row).execute()
  return row
}

/** What of an endpoint is set, and changes. */
export type WebhookColumns = Partial<
  Pick<
    Row<'webhook_endpoint'>,
    'name' | 'url' | 'event_types' | 'secret' | 'old_secret' | 'old_secret_until' | 'updated_at'
  >
>

/** @returns the endpoint as it is then; undefined where the owner has none with this id */
export function updateWebhookEndpoint(
  db: Db,
  owner: WebhookOwner,
  id: string,
  columns: WebhookColumns,
): Promise<Row<'webhook_endpoint'> | undefined> {
  return db
    .updateTable('webhook_endpoint')
    .set(columns)
    .where((eb) => eb.and({ ...ofOwner(owner), id }))
    .returningAll()
    .executeTakeFirst()
}

/** What waits for it goes with it; what has failed goes when its time is over. @returns whether there was one */
export async function deleteWebhookEndpoint(db: Db, owner: WebhookOwner, id: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('webhook_endpoint')
    .where((eb) => eb.and({ ...ofOwner(owner), id }))
    .executeTakeFirstOrThrow()
  if (numDeletedRows === 0n) return false
  await db
    .deleteFrom('webhook_delivery')
    .where('organization_id', '=', owner.organizationId)
    .where('endpoint_id', '=', id)
    .where('due_at', 'is not', null)
    .execute()
  return true
}
