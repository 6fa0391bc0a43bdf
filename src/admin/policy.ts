import type { Db, Row } from '../db/tables.ts'
import { ownedBy } from './owned.ts'

type ProjectSettings = Partial<Omit<Row<'project_policy'>, 'organization_id' | 'project_id'>>
type OrganizationSettings = Partial<Omit<Row<'organization_policy'>, 'organization_id'>>

/** What is set for a project; undefined where nothing ever was. */
export function findProjectPolicy(db: Db, project: Row<'project'>): Promise<Row<'project_policy'> | undefined> {
  return db
    .selectFrom('project_policy')
    .selectAll()
    .where((eb) => eb.and(ownedBy(project)))
    .executeTakeFirst()
}

/**
 * Sets these columns and leaves the others, so that two who change different settings at once do not undo each other.
 * @returns all settings as they are now
 */
export function saveProjectPolicy(
  db: Db,
  project: Row<'project'>,
  changes: ProjectSettings,
): Promise<Row<'project_policy'>> {
  const row = { ...changes, organization_id: project.organization_id, project_id: project.id }
  return db
    .insertInto('project_policy')
    .values(row)
    .onConflict((conflict) => conflict.column('project_id').doUpdateSet(row))
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** What is set for an organization; undefined where nothing ever was. */
export function findOrganizationPolicy(
  db: Db,
  organizationId: string,
): Promise<Row<'organization_policy'> | undefined> {
  return db
    .selectFrom('organization_policy')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .executeTakeFirst()
}

/** Sets these columns and leaves the others. @returns all settings as they are now */
export function saveOrganizationPolicy(
  db: Db,
  organizationId: string,
  changes: OrganizationSettings,
): Promise<Row<'organization_policy'>> {
  const row = { ...changes, organization_id: organizationId }
  return db
    .insertInto('organization_policy')
    .values(row)
    .onConflict((conflict) => conflict.column('organization_id').doUpdateSet(row))
    .returningAll()
    .executeTakeFirstOrThrow()
}
