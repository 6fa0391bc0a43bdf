import type { AttentionItem } from '../contract/attention.ts'
import { begunCents, NANOS_PER_CENT } from '../core/money.ts'
import { monthOf } from '../core/month.ts'
import { amount, findSpent, nanoOf, WHOLE_ORGANIZATION } from '../db/spend.ts'
import type { Db } from '../db/tables.ts'
import { type Found, item, MOST } from './attention-item.ts'
import { findOrganizationPolicy } from './policy.ts'
import { type Part, sifted } from './sifted.ts'

/** Of a hundred: from there on a limit is near its end. */
export const NEAR = 80

/** Limits of money of which this month's costs have used most: the organization's and its projects'. @param now Unix seconds */
export async function spendNearLimits(db: Db, organizationId: string, now: number): Promise<Found> {
  const month = monthOf(now * 1000)
  const until = month.to / 1000
  const whole = await ofOrganization(db, organizationId, month.name)
  const projects = await sifted(
    { limit: MOST },
    (part) => limitedProjects(db, organizationId, month.name, part),
    (row) => row.archived_at === null && isNear(row),
  )
  const told = (type: 'organization' | 'project', id: string, name: string | null, row: Limited): Found['items'][0] => {
    const { nano, cents } = row
    const used = begunCents(nano)
    const severity: AttentionItem['severity'] = nano >= BigInt(cents) * NANOS_PER_CENT ? 'critical' : 'warning'
    return item({ severity, subject: { type, id, name }, until, used, maximum: cents })
  }
  return {
    items: [
      ...(whole && isNear(whole) ? [told('organization', organizationId, null, whole)] : []),
      ...projects.map((row) => told('project', row.id, row.name, row)),
    ],
  }
}

type Limited = { cents: number; nano: bigint }
const isNear = ({ cents, nano }: Limited) => nano * 100n >= BigInt(cents) * NANOS_PER_CENT * BigInt(NEAR)

async function ofOrganization(db: Db, organizationId: string, month: string): Promise<Limited | null> {
  const cents = (await findOrganizationPolicy(db, organizationId))?.spend_limit_cents ?? null
  if (cents === null) return null
  const spent = await findSpent(db, organizationId, [WHOLE_ORGANIZATION], month)
  return { cents, nano: spent.get(WHOLE_ORGANIZATION) ?? 0n }
}

/** Projects with a limit, and what they have spent. */
async function limitedProjects(db: Db, organizationId: string, month: string, { limit, after }: Part) {
  const rows = db
    .selectFrom('project_policy as q')
    // What has a limit first, in SQLite too: an organization may have any number of projects.
    .leftJoin('project as p', (join) =>
      join.onRef('p.organization_id', '=', 'q.organization_id').onRef('p.id', '=', 'q.project_id'),
    )
    .leftJoin('spend_total as t', (join) =>
      join
        .onRef('t.organization_id', '=', 'q.organization_id')
        .onRef('t.project_id', '=', 'q.project_id')
        .on('t.month', '=', month),
    )
    .select(['q.project_id as id', 'q.spend_limit_cents as cents', 'p.name', 'p.archived_at'])
    .select([...amount])
    .where('q.organization_id', '=', organizationId)
    .where('q.spend_limit_cents', 'is not', null)
    .orderBy('q.project_id')
    .limit(limit + 1)
  const found = await (after === undefined ? rows : rows.where('q.project_id', '>', after)).execute()
  return found.map(({ id, cents, name, archived_at, ...spent }) => {
    return { id, name, archived_at, cents: cents ?? 0, nano: nanoOf(spent) }
  })
}
