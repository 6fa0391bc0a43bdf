import { ApiError } from '../contract/error.ts'
import type { Db, Row } from '../db/tables.ts'

/** Custom roles of a project at most: its members may make them, and whoever does in a loop would fill the table. */
const MOST_ROLES = 100

/** Refuses one more custom role of a project that has as many as it may. Called in the organization's turn. */
export async function refuseMoreRoles(db: Db, project: Row<'project'>): Promise<void> {
  const roles = await db
    .selectFrom('role')
    .select('id')
    .where('organization_id', '=', project.organization_id)
    .where('resource_id', '=', project.id)
    .limit(MOST_ROLES)
    .execute()
  if (roles.length < MOST_ROLES) return
  const message = `Project '${project.id}' has ${MOST_ROLES} roles of its own, which is the maximum. Change or delete one of them, or make a role of the organization.`
  throw new ApiError('too_many_roles', message)
}
