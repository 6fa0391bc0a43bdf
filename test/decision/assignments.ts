import type { Place } from './people.ts'

/** The same four operations, wherever the roles are held and by whom. */
export type Assignments = {
  level: 'organization' | 'project'
  resource: string
  kind: 'user' | 'group'
  holder: string
  create: (role_id: string) => Promise<{ role: object }>
  retrieve: (role_id: string) => Promise<Held>
  list: (query?: Query) => AsyncIterable<Held> & PromiseLike<{ data: Held[]; has_more: boolean; next: string | null }>
  delete: (role_id: string) => Promise<object>
}
export type Held = { id: string; assignment_sources: { principal_type: string; principal_id: string }[] | null }
type Query = { limit?: number; after?: string; order?: 'asc' | 'desc' }

/** Makes what is to hold roles, each new: a user and a group, in the organization and in a project of their own. */
export function assignmentsOf(home: () => Place) {
  const newGroup = async () => (await home().admin.groups.create({ name: 'g' })).id
  let named = 0
  const newRole = async (permissions: string[] = []) =>
    (await home().admin.roles.create({ role_name: `Role ${++named}`, permissions })).id
  const newProjectRole = async (project: string, permissions: string[] = []) =>
    (await home().admin.projects.roles.create(project, { role_name: `Role ${++named}`, permissions })).id

  async function ofUser(): Promise<Assignments> {
    const [user_id, { roles }] = [await home().newUser(), home().admin.users]
    return {
      ...({ level: 'organization', resource: home().id, kind: 'user', holder: user_id } as const),
      create: (role_id) => roles.create(user_id, { role_id }),
      retrieve: (role) => roles.retrieve(role, { user_id }),
      list: (query) => roles.list(user_id, query),
      delete: (role) => roles.delete(role, { user_id }),
    }
  }
  async function ofGroup(): Promise<Assignments> {
    const [group_id, { roles }] = [await newGroup(), home().admin.groups]
    await roles.create(group_id, { role_id: 'role-api-organization-reader' })
    return {
      ...({ level: 'organization', resource: home().id, kind: 'group', holder: group_id } as const),
      create: (role_id) => roles.create(group_id, { role_id }),
      retrieve: (role) => roles.retrieve(role, { group_id }),
      list: (query) => roles.list(group_id, query),
      delete: (role) => roles.delete(role, { group_id }),
    }
  }
  async function ofUserInProject(): Promise<Assignments> {
    const [user_id, project_id] = [await home().newUser(), await home().newProject()]
    const { users } = home().admin.projects
    await users.create(project_id, { user_id, role: 'member' })
    return {
      ...({ level: 'project', resource: project_id, kind: 'user', holder: user_id } as const),
      create: (role_id) => users.roles.create(user_id, { project_id, role_id }),
      retrieve: (role) => users.roles.retrieve(role, { project_id, user_id }),
      list: (query) => users.roles.list(user_id, { project_id, ...query }),
      delete: (role) => users.roles.delete(role, { project_id, user_id }),
    }
  }
  async function ofGroupInProject(): Promise<Assignments> {
    const [group_id, project_id] = [await newGroup(), await home().newProject()]
    const { groups } = home().admin.projects
    await groups.create(project_id, { group_id, role: 'role-api-project-member' })
    return {
      ...({ level: 'project', resource: project_id, kind: 'group', holder: group_id } as const),
      create: (role_id) => groups.roles.create(group_id, { project_id, role_id }),
      retrieve: (role) => groups.roles.retrieve(role, { project_id, group_id }),
      list: (query) => groups.roles.list(group_id, { project_id, ...query }),
      delete: (role) => groups.roles.delete(role, { project_id, group_id }),
    }
  }
  const kinds = [ofUser, ofGroup, ofUserInProject, ofGroupInProject]
  const roleFor = (held: Assignments, permissions?: string[]) =>
    held.level === 'project' ? newProjectRole(held.resource, permissions) : newRole(permissions)

  return { ofUser, ofUserInProject, kinds, newGroup, newRole, newProjectRole, roleFor }
}
