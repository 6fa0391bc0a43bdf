import type { AssignedRole } from '../contract/role-assignments.ts'
import { ORGANIZATION_OWNER, predefinedRoles } from '../core/permission.ts'
import type { Db, Row } from '../db/tables.ts'
import type { Holding } from './role-store.ts'
import { type Resource, resourceType } from './roles.ts'

type Source = AssignedRole['assignment_sources'][number]
const PROJECT_OWNER = 'role-api-project-owner'

/**
 * The roles a principal holds in a resource, each once, with where it comes from: assigned directly, or through which groups
 * (in a project: groups that are in it). An owner of the organization is an owner of its projects without an assignment.
 */
export async function heldRoles(db: Db, resource: Resource, holder: Holding): Promise<AssignedRole[]> {
  const rows = await assignments(db, resource, holder)
  const sources = new Map<string, Source[]>()
  for (const row of rows) sources.set(row.role_id, [...(sources.get(row.role_id) ?? []), source(row)])
  if (resource.level === 'project' && holder.principalType !== 'group') {
    const direct = sources.get(PROJECT_OWNER) ?? []
    const owned = (await ownership(db, holder)).map(source)
    const more = owned.filter((one) => !direct.some(({ principal_id }) => principal_id === one.principal_id))
    if (direct.length + more.length > 0) sources.set(PROJECT_OWNER, [...direct, ...more])
  }
  const custom = new Map(rows.flatMap((row) => (row.name === null ? [] : [[row.role_id, { ...row, name: row.name }]])))
  const roles = [...sources].flatMap(([id, assignment_sources]): AssignedRole[] => {
    const predefined = predefinedRoles.find((role) => role.id === id)
    const shared = {
      id: shownId(rows, id, holder),
      resource_type: resourceType(resource),
      metadata: null,
      created_by_user_obj: null,
      assignment_sources,
    }
    if (predefined) {
      const { name, description, permissions } = predefined
      const times = { created_at: null, updated_at: null, created_by: null }
      return [{ ...shared, ...times, name, description, permissions: [...permissions], predefined_role: true }]
    }
    const row = custom.get(id)
    if (!row) return []
    const { name, description, created_at, updated_at, created_by, permissions } = row
    const times = { created_at, updated_at, created_by }
    return [
      { ...shared, ...times, name, description, permissions: JSON.parse(permissions ?? '[]'), predefined_role: false },
    ]
  })
  return roles.sort((a, b) => (a.id < b.id ? -1 : 1))
}

type Shown = Pick<Row<'role_assignment'>, 'role_id' | 'shown_role_id' | 'principal_id'>

/** The form of the id that the holder's own assignment was asked for by, else that of a group's. */
function shownId(rows: readonly Shown[], id: string, { principalId }: Holding): string {
  const these = rows.filter(({ role_id }) => role_id === id)
  const own = these.find(({ principal_id }) => principal_id === principalId)
  const asked = own ? own.shown_role_id : these.find(({ shown_role_id }) => shown_role_id !== null)?.shown_role_id
  return asked ?? id
}

type Assignee = Pick<Row<'role_assignment'>, 'principal_type' | 'principal_id'>

const source = ({ principal_type, principal_id }: Assignee): Source => ({
  principal_type: principal_type === 'group' ? 'group' : 'user',
  principal_id,
})

/** Direct ones and those of the holder's groups, with the custom role behind each. One statement. */
function assignments(db: Db, resource: Resource, holder: Holding) {
  return db
    .selectFrom('role_assignment as a')
    .leftJoin('role as r', (join) =>
      join.onRef('r.organization_id', '=', 'a.organization_id').onRef('r.id', '=', 'a.role_id'),
    )
    .select(['a.role_id', 'a.shown_role_id', 'a.principal_type', 'a.principal_id'])
    .select(['r.name', 'r.description', 'r.permissions'])
    .select(['r.created_at', 'r.updated_at', 'r.created_by'])
    .where('a.organization_id', '=', resource.organizationId)
    .where('a.resource_id', '=', resource.id)
    .where('a.principal_id', 'in', principals(db, holder))
    .orderBy('a.principal_id')
    .execute()
}

/** What makes somebody an owner of the organization: an assignment of their own, or of groups they are in. */
function ownership(db: Db, holder: Holding): Promise<Assignee[]> {
  return db
    .selectFrom('role_assignment as a')
    .select(['a.principal_type', 'a.principal_id'])
    .where('a.organization_id', '=', holder.organizationId)
    .where('a.resource_id', '=', holder.organizationId)
    .where('a.role_id', '=', ORGANIZATION_OWNER)
    .where('a.principal_id', 'in', principals(db, holder))
    .orderBy('a.principal_id')
    .execute()
}

/** The holder, and the groups that a user or service account is in. */
function principals(db: Db, { organizationId, principalId }: Holding) {
  const groups = db
    .selectFrom('group_user')
    .select('group_id as id')
    .where('organization_id', '=', organizationId)
    .where('user_id', '=', principalId)
  return db.selectNoFrom((eb) => eb.val(principalId).as('id')).unionAll(groups)
}
