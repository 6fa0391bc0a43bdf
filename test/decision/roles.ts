import type { Place } from './people.ts'

/** The same five operations, wherever the roles are. */
export type Roles = {
  level: 'organization' | 'project'
  /** The organization's or the project's id. */
  resource: string
  create: (body: Input & { role_name: string; permissions: string[] }) => Promise<Role>
  retrieve: (id: string) => Promise<Role>
  update: (id: string, body: Input) => Promise<Role>
  list: (query?: Query) => AsyncIterable<Role> & PromiseLike<{ data: Role[]; has_more: boolean; next: string | null }>
  delete: (id: string) => Promise<unknown>
}
type Input = { role_name?: string | null; permissions?: string[] | null; description?: string | null }
type Query = { limit?: number; after?: string; order?: 'asc' | 'desc' }
type Role = { id: string; name: string; permissions: string[]; predefined_role: boolean; description: string | null }

export function organizationRoles({ id, admin }: Place): Roles {
  const { roles } = admin
  return {
    level: 'organization',
    resource: id,
    create: (body) => roles.create(body),
    retrieve: (role) => roles.retrieve(role),
    update: (role, body) => roles.update(role, body),
    list: (query) => roles.list(query),
    delete: (role) => roles.delete(role),
  }
}

export function projectRoles({ roles }: Place['admin']['projects'], project_id: string): Roles {
  return {
    level: 'project',
    resource: project_id,
    create: (body) => roles.create(project_id, body),
    retrieve: (role) => roles.retrieve(role, { project_id }),
    update: (role, body) => roles.update(role, { project_id, ...body }),
    list: (query) => roles.list(project_id, query),
    delete: (role) => roles.delete(role, { project_id }),
  }
}

/** The ids of a whole list, page by page as the client reads it. */
export const idsOf = async (list: AsyncIterable<{ id: string }>) => (await Array.fromAsync(list)).map(({ id }) => id)

/** How a call is refused that needs a permission of which the caller does not hold as much. */
export const lacking = (permission: string) => ({
  status: 401,
  message: new RegExp(`Missing scopes: ${permission.replaceAll('.', '\\.')}\\.`),
})
