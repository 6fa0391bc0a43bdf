import { expressionBuilder, sql } from 'kysely'
import { ORGANIZATION_OWNER } from '../core/permission.ts'
import type { Db, Row, Tables } from '../db/tables.ts'
import { merged } from './merged.ts'
import { cursor } from './page.ts'
import type { Part } from './sifted.ts'

/** What the subqueries below refer to of the query around them. */
const eb = expressionBuilder<Tables & { k: Tables['project_api_key'] }, 'k'>()

/** The groups that a key's owner is in. */
const groups = eb
  .selectFrom('group_user as g')
  .whereRef('g.organization_id', '=', 'k.organization_id')
  .where('g.user_id', '=', eb.fn.coalesce('k.user_id', 'k.service_account_id'))

const inThroughGroup = groups
  .innerJoin('project_group as p', (join) =>
    join.onRef('p.organization_id', '=', 'g.organization_id').onRef('p.group_id', '=', 'g.group_id'),
  )
  .select('p.project_id')
  .whereRef('p.project_id', '=', 'k.project_id')

const ownsThroughGroup = groups
  .innerJoin('role_assignment as a', (join) =>
    join.onRef('a.organization_id', '=', 'g.organization_id').onRef('a.principal_id', '=', 'g.group_id'),
  )
  .select('a.role_id')
  .whereRef('a.resource_id', '=', 'k.organization_id')
  .where('a.role_id', '=', ORGANIZATION_OWNER)

/** Whether the owner of a key `k` can use the project now: 1 or 0. Groups are asked only about who has nothing of their own. */
export const hasAccess = sql<number>`case
  when k.owner_standing <> 'groups' then (case when k.owner_standing = 'own' then 1 else 0 end)
  when exists ${inThroughGroup} then 1
  when exists ${ownsThroughGroup} then 1
  else 0 end`

/** The ids of a page of a project's keys, and one more: those whose owners can use the project now, or those whose cannot. */
export function idsByAccess(
  db: Db,
  project: Row<'project'>,
  access: 'active' | 'inactive',
  { limit, after: from, order = 'asc' }: Part,
) {
  const after = cursor(from, 'key')
  const standing = (is: Row<'project_api_key'>['owner_standing']) => {
    const keys = db
      .selectFrom('project_api_key as k')
      .select('k.id')
      .where('k.organization_id', '=', project.organization_id)
      .where('k.project_id', '=', project.id)
      .where('k.owner_standing', '=', is)
    return after === undefined ? keys : keys.where('k.id', order === 'asc' ? '>' : '<', after)
  }
  const known = standing(access === 'active' ? 'own' : 'none')
  const asked = standing('groups').where(hasAccess, '=', access === 'active' ? 1 : 0)
  return merged(db, [known, asked], { by: ['id'], order, limit: limit + 1 })
}
