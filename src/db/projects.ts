import { batches } from './batches.ts'
import type { Db, Row } from './tables.ts'

/** The project of that id in that organization, archived or not. */
export function findProject(db: Db, organizationId: string, id: string): Promise<Row<'project'> | undefined> {
  return db
    .selectFrom('project')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .executeTakeFirst()
}

/** Which of these are ids of projects of an organization, archived or not. */
export async function projectsAmong(db: Db, organizationId: string, ids: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for (const some of batches(ids)) {
    const query = db.selectFrom('project').select('id').where('organization_id', '=', organizationId)
    found.push(...(await query.where('id', 'in', some).execute()).map(({ id }) => id))
  }
  return found
}

/** Which of these are ids of projects of any organization, each with when it was archived. */
export async function projectsAnywhere(
  db: Db,
  ids: readonly string[],
): Promise<Pick<Row<'project'>, 'id' | 'archived_at'>[]> {
  const found: Pick<Row<'project'>, 'id' | 'archived_at'>[] = []
  for (const some of batches(ids))
    found.push(...(await db.selectFrom('project').select(['id', 'archived_at']).where('id', 'in', some).execute()))
  return found
}
