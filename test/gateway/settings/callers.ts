import { newProjectKey, newUser } from '../../contract/organizations.ts'
import { chat, listModels, type World } from './row.ts'

export const STRANGER = '401 You must be a member of an organization to use the API'
export const lacks = (permission: string) =>
  new RegExp(`^401 .*Missing scopes: ${permission.replaceAll('.', '\\.')}\\.`)
export const mayNotAsk = lacks('api.model.request')
export const mayAsk = { permissions: ['api.model.request'] }
export const mayRead = { permissions: ['api.model.read'] }

export const chatAndList = {
  request: 'a chat, and the list of models',
  see: async (w: World) => [await chat(w), await listModels(w)],
}
export const aChat = { request: 'a chat', see: (w: World) => chat(w) }
export const usersChat = { request: "a chat with a user's key", see: (w: World) => chat(w) }

export const MEMBER = 'role-api-project-member'
export const VIEWER = 'role-api-project-viewer'

/** A user in the project, with a key of their own there. */
export async function aMember({ app, admin, organization, projectId }: World) {
  const { id: userId } = await newUser(app, organization)
  await admin.projects.users.create(projectId, { user_id: userId, role: 'member' })
  const { value: key } = await newProjectKey(app, organization, projectId, userId)
  return { userId, key }
}

/** The older role of a project's user is owner or member; a viewer is made by roles. */
export async function toViewer({ admin, projectId }: World, userId: string) {
  const { roles } = admin.projects.users
  await roles.create(userId, { project_id: projectId, role_id: VIEWER })
  await roles.delete(MEMBER, { project_id: projectId, user_id: userId })
}

export async function aViewer(w: World) {
  const user = await aMember(w)
  await toViewer(w, user.userId)
  return user
}

/** A user with a key, who left the project and is now in a group that has nothing. */
export async function inGroup(w: World) {
  const user = await aMember(w)
  await w.admin.projects.users.delete(user.userId, { project_id: w.projectId })
  const { id: groupId } = await w.admin.groups.create({ name: 'team' })
  await w.admin.groups.users.create(groupId, { user_id: user.userId })
  return { ...user, groupId }
}

/** A user who looks at the project by a group that is in it. */
export async function viewersGroup(w: World) {
  const group = await inGroup(w)
  await w.admin.projects.groups.create(w.projectId, { group_id: group.groupId, role: VIEWER })
  return group
}

/** A service account with a key and without a role. */
export async function bareAccount({ admin, projectId }: World) {
  const { serviceAccounts } = admin.projects
  const { id: bareId } = await serviceAccounts.create(projectId, { name: 'bare', create_service_account_only: true })
  const { value: key } = await serviceAccounts.apiKeys.create(bareId, { project_id: projectId })
  return { bareId, key }
}

export const projectRole = async ({ admin, projectId }: World, permissions: string[]) =>
  (await admin.projects.roles.create(projectId, { role_name: 'asker', permissions })).id
export const organizationRole = async ({ admin, projectId }: World, permissions: string[]) =>
  (await admin.roles.create({ role_name: `asker of ${projectId}`, permissions })).id

/** A user who may ask by a project's custom role, or who may not yet. */
export async function byProjectRole(w: World, permissions: string[]) {
  const user = await aViewer(w)
  const roleId = await projectRole(w, permissions)
  await w.admin.projects.users.roles.create(user.userId, { project_id: w.projectId, role_id: roleId })
  return { ...user, roleId }
}

/** The same by a role of the organization. */
export async function byOrganizationRole(w: World, permissions: string[]) {
  const user = await aViewer(w)
  const roleId = await organizationRole(w, permissions)
  await w.admin.users.roles.create(user.userId, { role_id: roleId })
  return { ...user, roleId }
}
