import {
  group,
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
import type { Place, Requests } from './place.ts'

const member = async (at: Place) => {
  const params = { ...(await group(at)).params, ...(await user(at)).params }
  await at.admin.groups.users.create(params.group_id, { user_id: params.user_id })
  return { params }
}
const userBody = async (at: Place) => (await user(at)).params
const roleBody = async (at: Place) => (await role(at)).params

const userRole = async (at: Place) => {
  const params = { ...(await user(at)).params, ...(await role(at)).params }
  await at.admin.users.roles.create(params.user_id, { role_id: params.role_id })
  return { params }
}
const groupRole = async (at: Place) => {
  const params = { ...(await group(at)).params, ...(await role(at)).params }
  await at.admin.groups.roles.create(params.group_id, { role_id: params.role_id })
  return { params }
}

/** A role of the project that somebody in it could be given. */
const withRole =
  <P extends { project_id: string }>(make: (at: Place) => Promise<{ params: P }>) =>
  async (at: Place) => {
    const { params } = await make(at)
    const { id } = await at.admin.projects.roles.create(params.project_id, newRole())
    return { params, body: { role_id: id } }
  }
const projectUserRole = async (at: Place) => {
  const { params, body } = await withRole(projectUser)(at)
  const { project_id, user_id } = params
  await at.admin.projects.users.roles.create(user_id, { project_id, ...body })
  return { params: { ...params, ...body } }
}
const projectGroupRole = async (at: Place) => {
  const { params, body } = await withRole(projectGroup)(at)
  const { project_id, group_id } = params
  await at.admin.projects.groups.roles.create(group_id, { project_id, ...body })
  return { params: { ...params, ...body } }
}

const changedRole = async () => ({ ...newRole(), description: 'changed' })

/** Groups, roles, and who holds them. */
export const accessRequests = {
  groups: {
    list: nothing,
    create: sends(nothing, { name: 'group' }),
    retrieve: group,
    update: sends(group, { name: 'renamed' }),
    delete: group,
  },
  groupUsers: { list: member, create: sends(group, userBody), retrieve: member, delete: member },
  groupRoles: { list: groupRole, create: sends(group, roleBody), retrieve: groupRole, delete: groupRole },
  projectGroups: {
    list: projectGroup,
    create: sends(project, async (at) => ({ ...(await group(at)).params, role: 'role-api-project-member' })),
    retrieve: projectGroup,
    delete: projectGroup,
  },
  projectGroupRoles: {
    list: projectGroupRole,
    create: withRole(projectGroup),
    retrieve: projectGroupRole,
    delete: projectGroupRole,
  },
  permissions: { list: nothing },
  roles: {
    list: nothing,
    create: sends(nothing, changedRole),
    retrieve: role,
    update: sends(role, changedRole),
    delete: role,
  },
  projectRoles: {
    list: projectRole,
    create: sends(project, changedRole),
    retrieve: projectRole,
    update: sends(projectRole, changedRole),
    delete: projectRole,
  },
  userRoles: { list: userRole, create: sends(user, roleBody), retrieve: userRole, delete: userRole },
  projectUserRoles: {
    list: projectUserRole,
    create: withRole(projectUser),
    retrieve: projectUserRole,
    delete: projectUserRole,
  },
} satisfies Partial<Requests>

export const accessDecisions = `
O R PO PM PV CO CP ST OO KR KU SA

  Groups and roles of the organization: its readers see them.
+ +  +  +  +  +  +  -  +  +  s  s  groups.list roles.list permissions.list
+ +  +  +  +  +  +  -  o  +  s  s  groups.retrieve groupUsers.list groupUsers.retrieve groupRoles.list
                                   groupRoles.retrieve roles.retrieve userRoles.list userRoles.retrieve
+ -  -  -  -  +  -  -  +  s  s  s  groups.create
+ -  -  -  -  +  -  -  o  s  s  s  groups.update groups.delete groupUsers.create groupUsers.delete
+ -  -  -  -  -  -  -  +  s  s  s  roles.create
+ -  -  -  -  -  -  -  o  s  s  s  roles.update roles.delete
                                   userRoles.create userRoles.delete groupRoles.create groupRoles.delete

  Groups and roles of a project: a role of the organization counts in all of its projects.
+ +  +  +  +  +  +  x  x  +  s  s  projectGroups.list projectGroups.retrieve projectRoles.list projectRoles.retrieve
                                   projectUserRoles.list projectUserRoles.retrieve projectGroupRoles.list
                                   projectGroupRoles.retrieve
+ x  +  +  -  x  -  x  x  s  s  s  projectRoles.create projectRoles.update projectRoles.delete
+ x  +  -  -  x  -  x  x  s  s  s  projectGroups.create projectGroups.delete
                                   projectUserRoles.create projectUserRoles.delete
                                   projectGroupRoles.create projectGroupRoles.delete
`

export const accessChangesNoRequest = {
  'groups.create': { fields: ['name'], why: 'a new group has no members and is in no project' },
  'groups.update': { fields: ['name'], why: 'the name is for people; the id stays' },
  'roles.create': { fields: ['role_name', 'permissions', 'description'], why: 'nobody holds a new role' },
  'projectRoles.create': { fields: ['role_name', 'permissions', 'description'], why: 'nobody holds a new role' },
}
