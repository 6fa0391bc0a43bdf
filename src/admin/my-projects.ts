import { isInProject } from '../db/access.ts'
import { batches } from '../db/batches.ts'
import type { Db, Row } from '../db/tables.ts'
import type { Caller } from './handlers.ts'
import { merged } from './merged.ts'
import { behind, cursor } from './page.ts'
import type { Part } from './sifted.ts'

type Found = Pick<Row<'project'>, 'id' | 'name' | 'created_at' | 'archived_at'>

/**
 * The projects that somebody is in, archived ones too, by their ids: `limit` of them and one more, where there are as many.
 * @param only the id of one, where no other is asked for
 */
export async function projectsOf(db: Db, caller: Caller, part: Part, only?: string): Promise<Found[]> {
  const projects = db
    .selectFrom('project')
    .select(['id', 'name', 'created_at', 'archived_at'])
    .where('organization_id', '=', caller.organizationId)
  if (only !== undefined) {
    const { organizationId, userId: id, access } = caller
    if (!access.owner && !(await isInProject(db, { organizationId, id }, only))) return []
    return behind(projects.where('id', '=', only), part, 'project').execute()
  }
  if (caller.access.owner) return behind(projects, part, 'project').execute()
  const ids = await idsOf(db, caller, part)
  if (ids.length === 0) return []
  return projects.where('id', 'in', ids).orderBy('id').execute()
}

/** Those that somebody was added to, and those of their groups. */
async function idsOf(db: Db, { organizationId, userId }: Caller, { limit, after }: Part): Promise<string[]> {
  const from = cursor(after, 'project') ?? ''
  const groups = await db
    .selectFrom('group_user')
    .select('group_id')
    .where('organization_id', '=', organizationId)
    .where('user_id', '=', userId)
    .execute()
  const direct = db
    .selectFrom('project_user')
    .select('project_id as id')
    .where('organization_id', '=', organizationId)
    .where('user_id', '=', userId)
    .where('project_id', '>', from)
  const through = (groupId: string) =>
    db
      .selectFrom('project_group')
      .select('project_id as id')
      .where('organization_id', '=', organizationId)
      .where('group_id', '=', groupId)
      .where('project_id', '>', from)
  const ids = new Set<string>()
  // SQLite merges no more than 500 ranges at once.
  const parts = [...batches(groups.map(({ group_id }) => through(group_id)))]
  for (const some of parts.length === 0 ? [[]] : parts) {
    const first = merged(db, [direct, ...some], { by: ['id'], order: 'asc', limit: limit + 1 })
    for (const { id } of await first.execute()) ids.add(id)
  }
  return [...ids].sort().slice(0, limit + 1)
}
