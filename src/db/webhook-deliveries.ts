import { type RawBuilder, sql } from 'kysely'
import type { NewId } from '../core/id.ts'
import { MOST_WEBHOOK_ENDPOINTS } from '../core/webhook.ts'
import { batches } from './batches.ts'
import type { Db, Row } from './tables.ts'
import { inTransaction } from './transaction.ts'
import type { WebhookOwner } from './webhook-endpoints.ts'

/** Deliveries that wait for one endpoint, at most: what happens beyond that it is not told. */
const MOST_WAITING = 10_000

/** Something that has happened. @property at milliseconds since the epoch */
export type WebhookHappened = { type: string; data: object; at: number }

/**
 * Has those endpoints of an owner told of something that want to hear of it. With the transaction in which it happens: then it is told if
 * and only if it has happened. Where nobody wants to hear of it, that costs one look.
 * @returns how many are told, and how many cannot be because too much waits for them already
 */
export async function emitWebhook(
  tx: Db,
  newId: NewId,
  { organizationId, projectId }: WebhookOwner,
  { type, data, at }: WebhookHappened,
): Promise<{ told: number; left: number }> {
  const endpoints = await tx
    .selectFrom('webhook_endpoint')
    .select(['id', 'event_types', 'waiting'])
    .where((eb) => eb.and({ organization_id: organizationId, project_id: projectId }))
    .limit(MOST_WEBHOOK_ENDPOINTS)
    .execute()
  const wanting = endpoints.filter(({ event_types }) => (JSON.parse(event_types) as string[]).includes(type))
  const ids = wanting.filter(({ waiting }) => waiting < MOST_WAITING).map(({ id }) => id)
  if (ids.length > 0) await tellEndpoints(tx, newId, organizationId, ids.sort(), { type, data, at })
  return { told: ids.length, left: wanting.length - ids.length }
}

/** Has these endpoints told, whatever they want to hear of. @param ids of the organization's, in one order for all @returns the deliveries' ids */
export async function tellEndpoints(
  tx: Db,
  newId: NewId,
  organizationId: string,
  ids: readonly string[],
  { type, data, at }: WebhookHappened,
): Promise<string[]> {
  const created_at = Math.floor(at / 1000)
  const event_id = newId('webhookEvent')
  const payload = JSON.stringify({ object: 'event', id: event_id, created_at, type, data })
  const rows = ids.map((endpoint_id) => ({
    ...{ id: newId('webhookDelivery'), organization_id: organizationId, endpoint_id },
    ...{ event_id, event_type: type, payload, created_at, attempts: 0, due_at: at },
  }))
  for (const batch of batches(rows)) await tx.insertInto('webhook_delivery').values(batch).execute()
  // Behind the rows: whoever finds out meanwhile when the next is due waits for this, and then sees them.
  for (const id of ids) {
    await tx
      .updateTable('webhook_endpoint')
      .set((eb) => ({ waiting: eb('waiting', '+', 1), due_at: earlier(at) }))
      .where('organization_id', '=', organizationId)
      .where('id', '=', id)
      .execute()
  }
  return rows.map(({ id }) => id)
}

const earlier = (at: number): RawBuilder<number> =>
  sql`case when due_at is null or due_at > ${at} then ${at} else due_at end`

/** An endpoint that has something due. */
export type DueEndpoint = Pick<
  Row<'webhook_endpoint'>,
  'id' | 'organization_id' | 'project_id' | 'url' | 'secret' | 'old_secret' | 'old_secret_until'
>

/** Endpoints of all organizations that have something due, those first that have waited longest. @param now milliseconds since the epoch */
export function dueWebhookEndpoints(db: Db, now: number, limit: number): Promise<DueEndpoint[]> {
  return db
    .selectFrom('webhook_endpoint')
    .select(['id', 'organization_id', 'project_id', 'url', 'secret', 'old_secret', 'old_secret_until'])
    .where('due_at', '<=', now)
    .orderBy('due_at')
    .limit(limit)
    .execute()
}

/** What is due to one endpoint, the oldest first. @param now milliseconds since the epoch */
export function dueWebhooks(
  db: Db,
  endpoint: Pick<DueEndpoint, 'id' | 'organization_id'>,
  now: number,
  limit: number,
): Promise<Row<'webhook_delivery'>[]> {
  return db
    .selectFrom('webhook_delivery')
    .selectAll()
    .where('organization_id', '=', endpoint.organization_id)
    .where('endpoint_id', '=', endpoint.id)
    .where('due_at', '<=', now)
    .orderBy('due_at')
    .limit(limit)
    .execute()
}

/** How an attempt ended. */
export type WebhookAttempt = {
  /** Unix seconds. */
  at: number
  /** What the receiver said; null: nothing. */
  status: number | null
  /** Why it is no success; null: it is one. */
  error: string | null
  /** Milliseconds since the epoch when it is tried again; null: it is not. */
  dueAt: number | null
}

/** Writes down how an attempt ended, unless somebody else has tried meanwhile. What has reached its receiver is gone. */
export async function settleWebhook(db: Db, tried: Row<'webhook_delivery'>, attempt: WebhookAttempt): Promise<void> {
  const { id, organization_id, endpoint_id, attempts } = tried
  await inTransaction(db, async (tx) => {
    const isThis = { organization_id, endpoint_id, id, attempts }
    const isOver = attempt.error === null || attempt.dueAt === null
    const { numAffectedRows } =
      attempt.error === null
        ? await affected(
            tx
              .deleteFrom('webhook_delivery')
              .where((eb) => eb.and(isThis))
              .executeTakeFirst(),
          )
        : await affected(
            tx
              .updateTable('webhook_delivery')
              .set({
                ...{ attempts: attempts + 1, due_at: attempt.dueAt, attempted_at: attempt.at },
                ...{ status_code: attempt.status, error: attempt.error },
              })
              .where((eb) => eb.and(isThis))
              .where('due_at', 'is not', null)
              .executeTakeFirst(),
          )
    if (numAffectedRows === 0n) return
    await plan(tx, { organization_id, id: endpoint_id }, isOver ? 1 : 0)
  })
}

const affected = async (work: Promise<{ numDeletedRows: bigint } | { numUpdatedRows: bigint }>) => {
  const done = await work
  return { numAffectedRows: 'numDeletedRows' in done ? done.numDeletedRows : done.numUpdatedRows }
}

/** Says when the endpoint's next delivery is due. @param over deliveries that wait no more */
async function plan(tx: Db, { organization_id, id }: Pick<DueEndpoint, 'id' | 'organization_id'>, over: number) {
  const endpoint = tx.updateTable('webhook_endpoint').where((eb) => eb.and({ organization_id, id }))
  // Has the row: what somebody adds meanwhile is there by the next statement, or comes behind the last.
  await endpoint.set((eb) => ({ waiting: eb('waiting', '-', over), due_at: null })).execute()
  const next = await tx
    .selectFrom('webhook_delivery')
    .select('due_at')
    .where('organization_id', '=', organization_id)
    .where('endpoint_id', '=', id)
    .where('due_at', 'is not', null)
    .orderBy('due_at')
    .limit(1)
    .executeTakeFirst()
  if (next !== undefined) await endpoint.set({ due_at: next.due_at }).execute()
}

/** What of an endpoint waits or has failed, the newest first. @param after the id of the last that was shown before */
export function listWebhookDeliveries(
  db: Db,
  { organizationId }: Pick<WebhookOwner, 'organizationId'>,
  endpointId: string,
  { after, limit }: { after: string | null; limit: number },
): Promise<Row<'webhook_delivery'>[]> {
  let listed = db
    .selectFrom('webhook_delivery')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('endpoint_id', '=', endpointId)
  if (after !== null) listed = listed.where('id', '<', after)
  return listed.orderBy('id', 'desc').limit(limit).execute()
}

/** Rows in one deletion, at most. */
const BATCH = 1000

/** Deletes what did not reach its receiver and is too old. @param before Unix seconds @returns whether there may be more */
export async function deleteFailedWebhooks(db: Db, before: number): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('webhook_delivery')
    .where(({ eb, refTuple, selectFrom }) =>
      eb(
        refTuple('organization_id', 'endpoint_id', 'id'),
        'in',
        selectFrom('webhook_delivery')
          .select(['organization_id', 'endpoint_id', 'id'])
          .where('due_at', 'is', null)
          .where('created_at', '<', before)
          .orderBy('created_at')
          .limit(BATCH)
          .$asTuple('organization_id', 'endpoint_id', 'id'),
      ),
    )
    .executeTakeFirstOrThrow()
  return numDeletedRows >= BATCH
}
