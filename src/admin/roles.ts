import { ApiError, notFound } from '../contract/error.ts'
import { ASSIGNING } from '../contract/role-assignments.ts'
import type { projectRoles as projectRoutes, Role, roles as routes } from '../contract/roles.ts'
import type { NewId } from '../core/id.ts'
import { customPermissions, type Level, predefinedRole, predefinedRoles } from '../core/permission.ts'
import type { Db, Row } from '../db/tables.ts'
import type { Caller, Handlers } from './handlers.ts'
import { behind, nextPage } from './page.ts'
import { refuseMoreRoles } from './role-room.ts'

/** The organization and its projects have roles in the same way: what differs is where they are kept. */
export const roles: Handlers<typeof routes> = {
  list: ({ db, caller, query }) => list(db, inOrganization(caller), query),
  create: ({ db, caller, body, now, newId }) => create(db, caller, inOrganization(caller), body, now, newId),
  retrieve: ({ db, caller, params }) => retrieve(db, inOrganization(caller), params.role_id),
  update: ({ db, caller, params, body, now }) => update(db, inOrganization(caller), params.role_id, body, now),
  delete: ({ db, caller, params }) => remove(db, inOrganization(caller), params.role_id),
}

export const projectRoles: Handlers<typeof projectRoutes> = {
  list: ({ db, project, query }) => list(db, inProject(project), query),
  create: ({ db, caller, project, body, now, newId }) => create(db, caller, inProject(project), body, now, newId),
  retrieve: ({ db, project, params }) => retrieve(db, inProject(project), params.role_id),
  update: ({ db, project, params, body, now }) => update(db, inProject(project), params.role_id, body, now),
  delete: ({ db, project, params }) => remove(db, inProject(project), params.role_id),
}

/** Where roles are defined and held. */
export type Resource = { organizationId: string; level: Level; id: string; project: Row<'project'> | null }

export function inOrganization({ organizationId }: Caller): Resource {
  return { organizationId, level: 'organization', id: organizationId, project: null }
}

export function inProject(project: Row<'project'>): Resource {
  return { organizationId: project.organization_id, level: 'project', id: project.id, project }
}

/** The predefined roles stand before the custom ones, and those in the order of their creation: only what a page shows is read. */
async function list(db: Db, resource: Resource, query: { limit: number; after?: string; order: 'asc' | 'desc' }) {
  const { limit, order } = query
  const predefined = predefinedRoles.filter(({ level }) => level === resource.level).map(predefinedView)
  if (order === 'desc') predefined.reverse()
  const last = ownId(query.after ?? '', resource)
  const place = predefined.findIndex(({ id }) => id === last)
  const behindIt = predefined.slice(place + 1)
  const after = place < 0 ? query.after : undefined
  // Backwards there is no custom role behind a predefined one.
  const rows =
    order === 'desc' && place >= 0
      ? []
      : await behind(customRoles(db, resource), { limit, order, after }, 'role').execute()
  const shown = rows.map(view)
  const all = order === 'desc' ? [...shown, ...behindIt] : after ? shown : [...behindIt, ...shown]
  return nextPage(
    all,
    limit,
    (role) => role,
    ({ id }) => id,
  )
}

/** A predefined role has two ids, which are one: this is the one that it is kept by. */
export function ownId(id: string, { level, id: resourceId }: Pick<Resource, 'level' | 'id'>): string {
  return predefinedRole(id, level, resourceId)?.id ?? id
}

type Input = { role_name?: string | null; permissions?: string[] | null; description?: string | null }

async function create(
  db: Db,
  caller: Caller,
  resource: Resource,
  body: Input & { role_name: string; permissions: string[] },
  now: number,
  newId: NewId,
) {
  const permissions = checkPermissions(body.permissions, resource.level)
  refusePredefinedName(body.role_name, resource)
  if (resource.project) await refuseMoreRoles(db, resource.project)
  const row = {
    id: newId('role'),
    organization_id: resource.organizationId,
    project_id: resource.project?.id ?? null,
    resource_id: resource.id,
    name: body.role_name,
    description: body.description ?? null,
    permissions: JSON.stringify(permissions),
    created_at: now,
    updated_at: now,
    created_by: caller.userId,
  }
  const done = await db
    .insertInto('role')
    .values(row)
    .onConflict((conflict) => conflict.columns(['resource_id', 'name']).doNothing())
    .executeTakeFirst()
  if (done.numInsertedOrUpdatedRows === 0n) throw nameTaken(body.role_name)
  const audit = { id: row.id, role_name: row.name, permissions, ...resourceFields(resource) }
  return { reply: view(row), audit, rights: { permissions } }
}

async function retrieve(db: Db, resource: Resource, id: string): Promise<Role> {
  return findRole(db, resource, id)
}

async function update(db: Db, resource: Resource, id: string, body: Input, now: number) {
  const row = await findCustom(db, resource, id)
  const before: string[] = JSON.parse(row.permissions)
  const permissions = body.permissions ? checkPermissions(body.permissions, resource.level) : before
  const name = body.role_name ?? row.name
  if (name !== row.name) await refuseTakenName(db, resource, name)
  const changes = {
    name,
    description: body.description === undefined ? row.description : body.description,
    permissions: JSON.stringify(permissions),
    updated_at: now,
  }
  await db
    .updateTable('role')
    .set(changes)
    .where('organization_id', '=', row.organization_id)
    .where('id', '=', row.id)
    .execute()
  const permissions_added = permissions.filter((one) => !before.includes(one))
  const permissions_removed = before.filter((one) => !permissions.includes(one))
  const isOther = permissions_added.length + permissions_removed.length > 0
  const changes_requested = {
    ...(body.role_name && { role_name: body.role_name }),
    // The published description of the log has a text here, never null.
    ...(body.description !== undefined && { description: body.description ?? '' }),
    permissions_added,
    permissions_removed,
    ...resourceFields(resource),
  }
  // What the role held already counts too: whoever may not hand it out may not change what its holders have of it either.
  const rights = {
    permissions: [...before, ...permissions, ...(isOther && (await isHeld(db, row)) ? [ASSIGNING] : [])],
  }
  return { reply: view({ ...row, ...changes }), audit: { id: row.id, changes_requested }, rights }
}

async function remove(db: Db, resource: Resource, id: string) {
  const row = await findCustom(db, resource, id)
  const { organization_id } = row
  const held = await isHeld(db, row)
  await db
    .deleteFrom('role_assignment')
    .where('organization_id', '=', organization_id)
    .where('role_id', '=', row.id)
    .execute()
  await db.deleteFrom('role').where('organization_id', '=', organization_id).where('id', '=', row.id).execute()
  const permissions: string[] = [...JSON.parse(row.permissions), ...(held ? [ASSIGNING] : [])]
  return {
    reply: { object: 'role.deleted' as const, id: row.id, deleted: true },
    audit: { id: row.id },
    rights: { permissions },
  }
}

/** Whether somebody holds it: then another content of it is another assignment, and to delete it takes assignments away. */
async function isHeld(db: Db, { organization_id, id }: Row<'role'>): Promise<boolean> {
  const assigned = db.selectFrom('role_assignment').select('role_id').where('organization_id', '=', organization_id)
  return (await assigned.where('role_id', '=', id).limit(1).execute()).length > 0
}

/** A role that can be held in this resource: its custom ones, and the predefined ones by their short or long id. */
export async function findRole(db: Db, resource: Resource, id: string, param = 'role_id'): Promise<Role> {
  const predefined = predefinedRole(id, resource.level, resource.id)
  if (predefined) return predefinedView(predefined)
  const row = await customRoles(db, resource).where('id', '=', id).executeTakeFirst()
  if (!row) throw notFound('role', id, param)
  return view(row)
}

async function findCustom(db: Db, resource: Resource, id: string): Promise<Row<'role'>> {
  const row = await customRoles(db, resource).where('id', '=', id).executeTakeFirst()
  if (row) return row
  if (!predefinedRole(id, resource.level, resource.id)) throw notFound('role', id, 'role_id')
  const message = `Role '${id}' is predefined. It cannot be changed or deleted.`
  throw new ApiError('predefined_role_not_modifiable', message, { param: 'role_id' })
}

function customRoles(db: Db, resource: Resource) {
  return db
    .selectFrom('role')
    .selectAll()
    .where('organization_id', '=', resource.organizationId)
    .where('resource_id', '=', resource.id)
}

/** Known, and such as a custom role of this level may hold; each once. */
function checkPermissions(wanted: readonly string[], level: Level): string[] {
  const allowed: readonly string[] = customPermissions(level)
  wanted.forEach((permission, i) => {
    if (allowed.includes(permission)) return
    const message = `Invalid 'permissions[${i}]': '${permission.slice(0, 100)}' is no permission that a custom role of ${level === 'project' ? 'a project' : 'an organization'} can hold.`
    throw new ApiError('invalid_value', message, { param: `permissions[${i}]` })
  })
  return [...new Set(wanted)]
}

const nameTaken = (name: string) =>
  new ApiError('role_already_exists', `A role named '${name}' already exists here.`, { param: 'role_name' })

function refusePredefinedName(name: string, { level }: Resource) {
  if (predefinedRoles.some((role) => role.level === level && role.name === name.toLowerCase())) throw nameTaken(name)
}

/** The unique index has the last word, as `already_exists`; this says it in better words. */
async function refuseTakenName(db: Db, resource: Resource, name: string) {
  refusePredefinedName(name, resource)
  const taken = await customRoles(db, resource).where('name', '=', name).executeTakeFirst()
  if (taken) throw nameTaken(name)
}

export const resourceType = ({ level }: Pick<Resource, 'level'>) => `api.${level}` as const
export const resourceFields = (resource: Resource) => ({
  resource_type: resourceType(resource),
  resource_id: resource.id,
})

function predefinedView({ id, name, description, permissions, level }: (typeof predefinedRoles)[number]): Role {
  const resource_type = resourceType({ level })
  return { object: 'role', id, name, description, permissions: [...permissions], resource_type, predefined_role: true }
}

function view(row: Row<'role'>): Role {
  return {
    object: 'role',
    id: row.id,
    name: row.name,
    description: row.description,
    permissions: JSON.parse(row.permissions),
    resource_type: row.project_id === null ? 'api.organization' : 'api.project',
    predefined_role: false,
  }
}
