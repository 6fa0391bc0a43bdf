import { setImmediate as othersTurn } from 'node:timers/promises'
import { sql } from 'kysely'
import type { AttentionItem } from '../contract/attention.ts'
import { begunCents, NANOS_PER_CENT } from '../core/money.ts'
import { monthOf } from '../core/month.ts'
import { amount, findSpent, nanoOf, WHOLE_ORGANIZATION } from '../db/spend.ts'
import type { Db } from '../db/tables.ts'
import { namesOfIds } from '../db/usage-names.ts'
import { type Found, item, MOST } from './attention-item.ts'
import { left } from './left.ts'
import { findOrganizationPolicy } from './policy.ts'
import type { Looking } from './sifted.ts'

/** Of a hundred: from there on a limit is near its end. */
export const NEAR = 80
/** For each cent of a limit so many nano-dollars are that much of it: a whole number, so that a division says it exactly. */
const NEAR_NANOS_PER_CENT = (Number(NANOS_PER_CENT) * NEAR) / 100

/** How many projects with a limit are looked at: with one statement, and altogether. */
export type LookedAt = { atOnce: number; most: number }
const LOOKED_AT: LookedAt = { atOnce: 1000, most: 100_000 }

/** Limits of money of which this month's costs have used most: the organization's and its projects'. */
export async function spendNearLimits(looking: Looking, organizationId: string, lookedAt = LOOKED_AT): Promise<Found> {
  const { db, now } = looking
  const month = monthOf(now * 1000)
  const until = month.to / 1000
  const whole = await ofOrganization(db, organizationId, month.name)
  const { rows, cut } = await projectsNear(looking, organizationId, month.name, lookedAt)
  const told = (type: 'organization' | 'project', id: string, name: string | null, row: Limited): Found['items'][0] => {
    const { nano, cents } = row
    const used = begunCents(nano)
    const severity: AttentionItem['severity'] = nano >= BigInt(cents) * NANOS_PER_CENT ? 'critical' : 'warning'
    return item({ severity, subject: { type, id, name }, until, used, maximum: cents })
  }
  return {
    items: [
      ...(whole && isNear(whole) ? [told('organization', organizationId, null, whole)] : []),
      ...rows.map((row) => told('project', row.id, row.name, row)),
    ],
    cut,
  }
}

type Limited = { cents: number; nano: bigint }
const isNear = ({ cents, nano }: Limited) => nano >= BigInt(cents) * BigInt(NEAR_NANOS_PER_CENT)

async function ofOrganization(db: Db, organizationId: string, month: string): Promise<Limited | null> {
  const cents = (await findOrganizationPolicy(db, organizationId))?.spend_limit_cents ?? null
  if (cents === null) return null
  const spent = await findSpent(db, organizationId, [WHOLE_ORGANIZATION], month)
  return { cents, nano: spent.get(WHOLE_ORGANIZATION) ?? 0n }
}

/**
 * Those near their limits, one more than is told where there are more, and whether not all with a limit were looked at. The database
 * judges so many at a time: others have their turn between, and for who has left no more is looked at.
 */
async function projectsNear(
  { db, isLeft }: Looking,
  organizationId: string,
  month: string,
  { atOnce, most }: LookedAt,
) {
  const rows: (Limited & { id: string; name: string | null })[] = []
  let after = ''
  for (let looked = 0; looked < most; looked += atOnce) {
    if (looked > 0) await othersTurn()
    if (isLeft()) throw left()
    const last = await limited(db, organizationId, after)
      .select('project_id')
      .offset(atOnce - 1)
      .executeTakeFirst()
    rows.push(...(await nearLimits(db, organizationId, month, { after, through: last?.project_id ?? null, atOnce })))
    if (rows.length > MOST || last === undefined) return { rows, cut: false }
    after = last.project_id
  }
  return { rows, cut: (await limited(db, organizationId, after).select('project_id').executeTakeFirst()) !== undefined }
}

/** Projects that have a limit, in the order of their ids, behind one. */
const limited = (db: Db, organizationId: string, after: string) =>
  db
    .selectFrom('project_policy')
    .where('organization_id', '=', organizationId)
    .where('spend_limit_cents', 'is not', null)
    .where('project_id', '>', after)
    .orderBy('project_id')
    .limit(1)

/** Projects of a stretch of ids that have spent most of their limit: archived ones are not told. */
async function nearLimits(
  db: Db,
  organizationId: string,
  month: string,
  { after, through, atOnce }: { after: string; through: string | null; atOnce: number },
) {
  // Each by itself: on the first of a month PostgreSQL has counted no row of it, and would begin with all that was ever spent. What has a limit
  // comes first: an organization may have any number of projects.
  const looked = db
    .selectFrom(limited(db, organizationId, after).select(['project_id', 'spend_limit_cents']).limit(atOnce).as('q'))
    .select(({ selectFrom }) => [
      'q.project_id as id',
      'q.spend_limit_cents as cents',
      selectFrom('spend_total as s')
        .select('s.amount_nano')
        .where('s.organization_id', '=', organizationId)
        .whereRef('s.project_id', '=', 'q.project_id')
        .where('s.month', '=', month)
        .as('amount_nano'),
    ])
  const rows = db
    .selectFrom((through === null ? looked : looked.where('q.project_id', '<=', through)).as('t'))
    .select(['t.id', 't.cents', ...amount])
    .where(sql<boolean>`t.amount_nano / ${sql.lit(NEAR_NANOS_PER_CENT)} >= t.cents`)
    .orderBy('t.id')
  const found = await rows.execute()
  // By their ids: joined, PostgreSQL would read all projects for a thousand.
  const ids = found.map(({ id }) => id)
  const names = await namesOfIds(db, organizationId, 'project_id', ids)
  return found.flatMap(({ id, cents, ...spent }) => {
    const { name = null, status } = names.get(id) ?? {}
    return status === 'active' ? [{ id, name, cents: cents ?? 0, nano: nanoOf(spent) }] : []
  })
}
