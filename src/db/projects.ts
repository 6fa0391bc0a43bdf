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
