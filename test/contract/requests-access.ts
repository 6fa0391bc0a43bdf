import type { TestApp } from '../support/harness.ts'
import type { Organization } from './organizations.ts'
import {
  group,
  type Maker,
  newRole,
  nothing,
  project,
  projectGroup,
  projectRole,
  projectUser,
  role,
  sends,
  user,
} from './parents.ts'

const member: Maker = async (organization, app) => {
  const params = { ...(await group(organization)).params, ...(await user(organization, app)).params }
  await organization.admin.groups.users.create(params.group_id, { user_id: params.user_id })
  return { params }
}
const userBody = async (organization: Organization, app: TestApp) => (await user(organization, app)).params
const roleBody = async (organization: Organization) => (await role(organization)).params

const userRole: Maker = async (organization, app) => {
  const params = { ...(await user(organization, app)).params, ...(await role(organization)).params }
  await organization.admin.users.roles.create(params.user_id, { role_id: params.role_id })
  return { params }
}
const groupRole: Maker = async (organization) => {
  const params = { ...(await group(organization)).params, ...(await role(organization)).params }
  await organization.admin.groups.roles.create(params.group_id, { role_id: params.role_id })
  return { params }
}

/** A role of the project that somebody in it could be given. */
const withRole =
  (make: (organization: Organization, app: TestApp) => Promise<{ params: { project_id: string } }>): Maker =>
  async (organization, app) => {
    const { params } = await make(organization, app)
    const { id } = await organization.admin.projects.roles.create(params.project_id, newRole())
    return { params, body: { role_id: id } }
  }
const projectUserRole: Maker = async (organization, app) => {
  const { params } = await projectUser(organization, app)
  const { project_id, user_id } = params
  const { id } = await organization.admin.projects.roles.create(project_id, newRole())
  await organization.admin.projects.users.roles.create(user_id, { project_id, role_id: id })
  return { params: { ...params, role_id: id } }
}
const projectGroupRole: Maker = async (organization) => {
  const { params } = await projectGroup(organization)
  const { project_id, group_id } = params
  const { id } = await organization.admin.projects.roles.create(project_id, newRole())
  await organization.admin.projects.groups.roles.create(group_id, { project_id, role_id: id })
  return { params: { ...params, role_id: id } }
}

const changedRole = async () => ({ ...newRole(), description: 'changed' })

/** Groups, roles, and who holds them. */
export const accessRequests: Record<string, Maker> = {
  'groups.list': nothing,
  'groups.create': sends(nothing, { name: 'group' }),
  'groups.retrieve': group,
  'groups.update': sends(group, { name: 'renamed' }),
  'groups.delete': group,
  'groupUsers.list': member,
  'groupUsers.create': sends(group, userBody),
  'groupUsers.retrieve': member,
  'groupUsers.delete': member,
  'groupRoles.list': groupRole,
  'groupRoles.create': sends(group, roleBody),
  'groupRoles.retrieve': groupRole,
  'groupRoles.delete': groupRole,
  'projectGroups.list': projectGroup,
  'projectGroups.create': sends(project, async (organization) => {
    return { ...(await group(organization)).params, role: 'role-api-project-member' }
  }),
  'projectGroups.retrieve': projectGroup,
  'projectGroups.delete': projectGroup,
  'projectGroupRoles.list': projectGroupRole,
  'projectGroupRoles.create': withRole(projectGroup),
  'projectGroupRoles.retrieve': projectGroupRole,
  'projectGroupRoles.delete': projectGroupRole,
  'roles.list': nothing,
  'roles.create': sends(nothing, changedRole),
  'roles.retrieve': role,
  'roles.update': sends(role, changedRole),
  'roles.delete': role,
  'projectRoles.list': projectRole,
  'projectRoles.create': sends(project, changedRole),
  'projectRoles.retrieve': projectRole,
  'projectRoles.update': sends(projectRole, changedRole),
  'projectRoles.delete': projectRole,
  'userRoles.list': userRole,
  'userRoles.create': sends(user, roleBody),
  'userRoles.retrieve': userRole,
  'userRoles.delete': userRole,
  'projectUserRoles.list': projectUserRole,
  'projectUserRoles.create': withRole(projectUser),
  'projectUserRoles.retrieve': projectUserRole,
  'projectUserRoles.delete': projectUserRole,
}
