import { type Insertable, type RawBuilder, type SelectQueryBuilder, sql } from 'kysely'
import type { NewId } from '../core/id.ts'
import { MOST_WEBHOOK_ENDPOINTS } from '../core/webhook.ts'
import { batches } from './batches.ts'
import type { Db, Row, Tables } from './tables.ts'
import { inTransaction } from './transaction.ts'
import type { WebhookOwner } from './webhook-endpoints.ts'

/** Deliveries that wait for one endpoint, at most: what happens beyond that it is not told. */
export const MOST_WAITING = 10_000

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
  const told = await tellEndpoints(tx, newId, organizationId, ids.sort(), { type, data, at })
  return { told: told.length, left: wanting.length - ids.length }
}

/**
 * Has these endpoints told, whatever they want to hear of; one that is deleted beside it is not, and has nothing left that waits for it.
 * @param ids of the organization's, in one order for all @returns the deliveries' ids
 */
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
  const rows: Insertable<Tables['webhook_delivery']>[] = []
  for (const endpoint_id of ids) {
    // Has the row, before there is a delivery: whoever deletes the endpoint, or finds out when its next is due, waits for the end of this and then
    // sees them; or this waits, and knows whether it is still there.
    const told = await tx
      .updateTable('webhook_endpoint')
      .set((eb) => ({ waiting: eb('waiting', '+', 1), due_at: earlier(at) }))
      .where('organization_id', '=', organizationId)
      .where('id', '=', endpoint_id)
      .returning('id')
      .executeTakeFirst()
    if (told === undefined) continue
    const of = { organization_id: organizationId, endpoint_id, event_id, event_type: type, payload }
    rows.push({ id: newId('webhookDelivery'), ...of, created_at, attempts: 0, due_at: at })
  }
  for (const batch of batches(rows)) await tx.insertInto('webhook_delivery').values(batch).execute()
  return rows.map(({ id }) => id)
}

const earlier = (at: number): RawBuilder<number> =>
  sql`case when due_at is null or due_at > ${at} then ${at} else due_at end`

/** An endpoint that has something due. */
export type DueEndpoint = Pick<
  Row<'webhook_endpoint'>,
  'id' | 'organization_id' | 'project_id' | 'url' | 'secret' | 'old_secret' | 'old_secret_until' | 'waiting' | 'hanging'
>

/** Which endpoints that have something due are looked for. */
export type DueSought = {
  /** Milliseconds since the epoch. */
  now: number
  /** Those that did not answer in time when they were tried last, or those that did. */
  hanging: boolean
  /** Ids of organizations and projects that are left out. */
  without: readonly string[]
  limit: number
}

/** Endpoints of all organizations that have something due, those first that have waited longest for their turn. */
export function dueWebhookEndpoints(db: Db, { now, hanging, without, limit }: DueSought): Promise<DueEndpoint[]> {
  const left = padded(without)
  return db
    .selectFrom('webhook_endpoint')
    .select(['id', 'organization_id', 'project_id', 'url', 'secret', 'old_secret', 'old_secret_until'])
    .select(['waiting', 'hanging'])
    .where('due_at', '<=', now)
    .where('hanging', '=', hanging ? 1 : 0)
    .where('organization_id', 'not in', left)
    .where((eb) => eb.or([eb('project_id', 'is', null), eb('project_id', 'not in', left)]))
    .orderBy('due_at')
    .limit(limit)
    .execute()
}

/** As many as a power of two, so that few statements are ever prepared. */
const padded = (ids: readonly string[]): string[] => {
  const length = 2 ** Math.ceil(Math.log2(Math.max(ids.length, 1)))
  return Array.from({ length }, (_, i) => ids[i] ?? '')
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
  /** When it began, in Unix seconds. */
  at: number
  /** When it ended, in milliseconds since the epoch. */
  endedAt: number
  /** What the receiver said; null: nothing. */
  status: number | null
  /** Why it is no success; null: it is one. */
  error: string | null
  /** Milliseconds since the epoch when it is tried again; null: it is not. */
  dueAt: number | null
  /** Whether the receiver took so long that it is to have fewer at once. */
  hung: boolean
}

/**
 * Writes down how an attempt ended, unless somebody else has tried meanwhile. What has reached its receiver is gone. The endpoint's next turn
 * comes behind those that wait for theirs now.
 */
export async function settleWebhook(
  db: Db,
  { id, organization_id, endpoint_id, attempts }: Row<'webhook_delivery'>,
  attempt: WebhookAttempt,
): Promise<void> {
  await inTransaction(db, async (tx) => {
    const endpoint = tx
      .updateTable('webhook_endpoint')
      .where((eb) => eb.and({ organization_id, id: endpoint_id }))
      .returning('id')
    // Has the row first, as whoever tells it of something or deletes it: who comes meanwhile waits for the end of this.
    const there = await endpoint.set({ hanging: attempt.hung ? 1 : 0 }).executeTakeFirst()
    if (there === undefined) return
    if (!(await settled(tx, { id, organization_id, endpoint_id, attempts }, attempt))) return
    const isOver = attempt.error === null || attempt.dueAt === null
    const next = await nextDue(tx, { organization_id, endpoint_id })
    const due_at = next === null ? null : Math.max(next, attempt.endedAt)
    await endpoint.set((eb) => ({ waiting: eb('waiting', '-', isOver ? 1 : 0), due_at })).execute()
  })
}

type Tried = Pick<Row<'webhook_delivery'>, 'id' | 'organization_id' | 'endpoint_id' | 'attempts'>

/** @returns whether the delivery was there, as it was tried */
async function settled(tx: Db, tried: Tried, attempt: WebhookAttempt): Promise<boolean> {
  if (attempt.error === null) {
    const { numDeletedRows } = await tx
      .deleteFrom('webhook_delivery')
      .where((eb) => eb.and(tried))
      .executeTakeFirstOrThrow()
    return numDeletedRows > 0n
  }
  const { numUpdatedRows } = await tx
    .updateTable('webhook_delivery')
    .set({ attempts: tried.attempts + 1, due_at: attempt.dueAt, attempted_at: attempt.at })
    .set({ status_code: attempt.status, error: attempt.error })
    .where((eb) => eb.and(tried))
    .where('due_at', 'is not', null)
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0n
}

/** When the next delivery to an endpoint is due, in milliseconds since the epoch; null: none waits. */
async function nextDue(
  tx: Db,
  { organization_id, endpoint_id }: Pick<Tried, 'organization_id' | 'endpoint_id'>,
): Promise<number | null> {
  const next = await tx
    .selectFrom('webhook_delivery')
    .select('due_at')
    .where('organization_id', '=', organization_id)
    .where('endpoint_id', '=', endpoint_id)
    .where('due_at', 'is not', null)
    .orderBy('due_at')
    .limit(1)
    .executeTakeFirst()
  return next?.due_at ?? null
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
export function deleteFailedWebhooks(db: Db, before: number): Promise<boolean> {
  const failed = db.selectFrom('webhook_delivery').where('due_at', 'is', null)
  return deleteOldest(db, failed, before)
}

/**
 * Deletes what waits for an endpoint that there is no more. A server of an earlier version can write that, where the endpoint is deleted beside it.
 * @param before Unix seconds @returns whether there may be more
 */
export function deleteOrphanWebhooks(db: Db, before: number): Promise<boolean> {
  const orphans = db
    .selectFrom('webhook_delivery')
    .where('due_at', 'is not', null)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('webhook_endpoint')
            .select('webhook_endpoint.id')
            .whereRef('webhook_endpoint.organization_id', '=', 'webhook_delivery.organization_id')
            .whereRef('webhook_endpoint.id', '=', 'webhook_delivery.endpoint_id'),
        ),
      ),
    )
  return deleteOldest(db, orphans, before)
}

async function deleteOldest(
  db: Db,
  rows: SelectQueryBuilder<Tables, 'webhook_delivery', object>,
  before: number,
): Promise<boolean> {
  const oldest = rows
    .select(['organization_id', 'endpoint_id', 'id'])
    .where('created_at', '<', before)
    .orderBy('created_at')
    .limit(BATCH)
    .$asTuple('organization_id', 'endpoint_id', 'id')
  const { numDeletedRows } = await db
    .deleteFrom('webhook_delivery')
    .where(({ eb, refTuple }) => eb(refTuple('organization_id', 'endpoint_id', 'id'), 'in', oldest))
    .executeTakeFirstOrThrow()
  return numDeletedRows >= BATCH
}
