import { permissionsOf } from '../core/permission.ts'
import type { Db } from '../db/tables.ts'

/** Everything that these users, service accounts or groups hold by roles of their own: wherever, or in one place. */
export async function permissionsAssigned(
  db: Db,
  organizationId: string,
  principalIds: readonly string[],
  resourceId?: string,
): Promise<string[]> {
  if (principalIds.length === 0) return []
  let rows = db
    .selectFrom('role_assignment as a')
    .leftJoin('role as r', (join) =>
      join.onRef('r.organization_id', '=', 'a.organization_id').onRef('r.id', '=', 'a.role_id'),
    )
    .select(['a.role_id', 'r.permissions'])
    .where('a.organization_id', '=', organizationId)
    .where('a.principal_id', 'in', principalIds)
  if (resourceId !== undefined) rows = rows.where('a.resource_id', '=', resourceId)
  return (await rows.execute()).flatMap(({ role_id, permissions }) =>
    permissionsOf(role_id, permissions === null ? null : JSON.parse(permissions)),
  )
}
