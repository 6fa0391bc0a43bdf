import type { NewId } from '../core/id.ts'
import { timeOf } from '../core/id.ts'
import { newestAudit } from './audit.ts'
import type { Db } from './tables.ts'
import { inTransaction } from './transaction.ts'
import { emitWebhook } from './webhook-deliveries.ts'

/*
 * How far an organization's own webhooks have told of what is found by looking. A position goes on in the transaction that tells: so each is
 * told once, whoever dies in between.
 */

/** The sources that are looked at. */
const AUDIT = 'audit_log'
const EXPIRING = 'expiring'

/** Events of the log, and keys of each kind, that are told of at once. */
const AT_ONCE = 100
/** Seconds before something ends at which that is told. */
const SOON = 14 * 86_400

type Telling = { db: Db; newId: NewId; organizationId: string }

/** Organizations that have webhooks of their own, in the order of their ids, behind this one. */
export async function nextWithWebhooks(db: Db, after: string): Promise<string | null> {
  const next = await db
    .selectFrom('webhook_endpoint')
    .select('organization_id')
    .where('project_id', 'is', null)
    .where('organization_id', '>', after)
    .orderBy('organization_id')
    .limit(1)
    .executeTakeFirst()
  return next?.organization_id ?? null
}

/**
 * Has what happens from now on told: what has happened before is nobody's news. With the transaction that makes an endpoint.
 * @param now Unix seconds
 */
export async function beginTelling(tx: Db, organizationId: string, now: number): Promise<void> {
  const newest = await newestAudit(tx, organizationId)
  const rows = [
    { organization_id: organizationId, source: AUDIT, position: newest ?? '' },
    { organization_id: organizationId, source: EXPIRING, position: String(now) },
  ]
  await tx
    .insertInto('webhook_told')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** With the last endpoint: what happens meanwhile is told to nobody, also where there is another one day. */
export async function endTelling(tx: Db, organizationId: string): Promise<void> {
  await tx
    .deleteFrom('webhook_told')
    .where('organization_id', '=', organizationId)
    .where('source', 'in', [AUDIT, EXPIRING])
    .execute()
}

/** Tells of some events of the audit log. @returns whether there may be more */
export function tellOfAudit({ db, newId, organizationId }: Telling): Promise<boolean> {
  return inTransaction(db, async (tx) => {
    const position = await take(tx, organizationId, AUDIT)
    if (position === null) return false
    const events = await auditBehind(tx, organizationId, position)
    for (const event of events) {
      const { id, type, effective_at, project_id, resource_id } = event
      const data = { id, type, effective_at, project_id, resource_id }
      const happened = { type: 'audit_log.created', data, at: effective_at * 1000 }
      await emitWebhook(tx, newId, { organizationId, projectId: null }, happened)
    }
    const last = events.at(-1)
    if (last) await goOn(tx, organizationId, AUDIT, last.id)
    return events.length === AT_ONCE
  })
}

/** Behind an event in the log's own order, whose time is in its id. */
function auditBehind(tx: Db, organizationId: string, position: string) {
  let events = tx
    .selectFrom('audit_log')
    .select(['id', 'type', 'effective_at', 'project_id', 'resource_id'])
    .where('organization_id', '=', organizationId)
  if (position !== '') {
    const time = Math.floor(timeOf('audit', position) / 1000)
    events = events.where(({ eb, refTuple, tuple }) => eb(refTuple('effective_at', 'id'), '>', tuple(time, position)))
  }
  return events.orderBy('effective_at').orderBy('id').limit(AT_ONCE).execute()
}

/**
 * Tells of keys and certificates that end within two weeks and did not when it was looked last: each once, and not of what was made for less.
 * @param now Unix seconds
 */
export async function tellOfExpiring({ db, newId, organizationId }: Telling, now: number): Promise<boolean> {
  return inTransaction(db, async (tx) => {
    const position = Number((await take(tx, organizationId, EXPIRING)) ?? now)
    const from = { organizationId, after: position + SOON, until: now + SOON }
    const found = [...(await endingKeys(tx, from)), ...(await endingCertificates(tx, from))]
    for (const { type, ...data } of found)
      await emitWebhook(tx, newId, { organizationId, projectId: null }, { type, data, at: now * 1000 })
    // Where one kind has more than are read at once, its next begin behind the last of them.
    const cut = [...Map.groupBy(found, ({ object }) => object).values()].filter((each) => each.length === AT_ONCE)
    const ends = cut.map((each) => each.at(-1)?.expires_at ?? from.until)
    await goOn(tx, organizationId, EXPIRING, String(Math.min(from.until, ...ends) - SOON))
    return cut.length > 0 && Math.min(...ends) - SOON > position
  })
}

type Range = { organizationId: string; after: number; until: number }

async function endingKeys(tx: Db, { organizationId, after, until }: Range) {
  const admin = await tx
    .selectFrom('admin_api_key')
    .select(['id', 'name', 'expires_at'])
    .where('organization_id', '=', organizationId)
    .where('expires_at', '>', after)
    .where('expires_at', '<=', until)
    .where('disabled_at', 'is', null)
    .orderBy('expires_at')
    .limit(AT_ONCE)
    .execute()
  const project = await tx
    .selectFrom('project_api_key')
    .select(['id', 'name', 'expires_at', 'project_id'])
    .where('organization_id', '=', organizationId)
    .where('expires_at', '>', after)
    .where('expires_at', '<=', until)
    .where('disabled_at', 'is', null)
    .orderBy('expires_at')
    .limit(AT_ONCE)
    .execute()
  const type = 'api_key.expiring' as const
  return [
    ...admin.map((key) => ({ type, object: 'organization.admin_api_key', ...key, project_id: null })),
    ...project.map((key) => ({ type, object: 'organization.project.api_key', ...key })),
  ]
}

/** An organization has fifty at most. */
async function endingCertificates(tx: Db, { organizationId, after, until }: Range) {
  const found = await tx
    .selectFrom('certificate')
    .select(['id', 'name', 'expires_at'])
    .where('organization_id', '=', organizationId)
    .where('expires_at', '>', after)
    .where('expires_at', '<=', until)
    .orderBy('id')
    .limit(AT_ONCE)
    .execute()
  const type = 'certificate.expiring' as const
  return found.map((one) => ({ type, object: 'certificate', ...one, project_id: null }))
}

/**
 * Tells that calls of a project were refused by a limit, once an hour for each.
 * @param data what is said of it @param at milliseconds since the epoch
 */
export async function tellOfLimit(
  { db, newId, organizationId }: Telling,
  type: 'spend_limit.reached' | 'rate_limit.reached',
  data: { project_id: string; code: string; message: string },
  at: number,
): Promise<void> {
  const source = `limit ${data.project_id} ${data.code}`
  const position = new Date(at).toISOString().slice(0, 'YYYY-MM-DDTHH'.length)
  await inTransaction(db, async (tx) => {
    const own = tx.selectFrom('webhook_endpoint').select('id').where('organization_id', '=', organizationId)
    const any = await own.where('project_id', 'is', null).limit(1).executeTakeFirst()
    if (any === undefined) return
    const taken = await tx
      .insertInto('webhook_told')
      .values({ organization_id: organizationId, source, position })
      .onConflict((conflict) =>
        conflict
          .columns(['organization_id', 'source'])
          .doUpdateSet({ position })
          .where('webhook_told.position', '<', position),
      )
      .returning('source')
      .execute()
    if (taken.length > 0) await emitWebhook(tx, newId, { organizationId, projectId: null }, { type, data, at })
  })
}

/** The position of a source, which is the transaction's own until its end; null: nobody wants to hear of it. */
async function take(tx: Db, organizationId: string, source: string): Promise<string | null> {
  const row = await tx
    .updateTable('webhook_told')
    .set((eb) => ({ position: eb.ref('position') }))
    .where('organization_id', '=', organizationId)
    .where('source', '=', source)
    .returning('position')
    .executeTakeFirst()
  return row?.position ?? null
}

async function goOn(tx: Db, organizationId: string, source: string, position: string): Promise<void> {
  await tx
    .updateTable('webhook_told')
    .set({ position })
    .where('organization_id', '=', organizationId)
    .where('source', '=', source)
    .execute()
}
