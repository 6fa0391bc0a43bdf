import { contract } from '../../src/contract/index.ts'
import { newEmail, newProjectKey, newUser } from '../contract/organizations.ts'
import type { Place } from './place.ts'

/** The same request with a body. */
export const sends =
  <P, B>(make: (at: Place) => Promise<P>, body: B | ((at: Place) => Promise<B>)) =>
  async (at: Place): Promise<P & { body: B }> => ({
    ...(await make(at)),
    body: typeof body === 'function' ? await (body as (at: Place) => Promise<B>)(at) : body,
  })

export const nothing = async () => ({ params: {} })

export async function adminKey({ admin }: Place) {
  return { params: { key_id: (await admin.adminAPIKeys.create({ name: 'key' })).id } }
}

export async function user(at: Place) {
  return { params: { user_id: (await newUser(at.app, at)).id } }
}

export async function invite({ admin }: Place) {
  return { params: { invite_id: (await admin.invites.create({ email: newEmail(), role: 'reader' })).id } }
}

export async function project(at: Place) {
  return { params: { project_id: await at.project() } }
}

export async function projectUser(at: Place) {
  const { params } = await project(at)
  const { user_id } = (await user(at)).params
  await at.admin.projects.users.create(params.project_id, { user_id, role: 'member' })
  return { params: { ...params, user_id } }
}

export async function serviceAccount(at: Place) {
  const { params } = await project(at)
  const account = await at.admin.projects.serviceAccounts.create(params.project_id, { name: 'bot' })
  return { params: { ...params, service_account_id: account.id } }
}

export async function projectKey(at: Place) {
  const { project_id, user_id } = (await projectUser(at)).params
  const { id } = await newProjectKey(at.app, at, project_id, user_id)
  return { params: { project_id, api_key_id: id } }
}

/** A key of the caller's own in a project. */
export async function ownKey(at: Place) {
  const { params } = await project(at)
  const { id } = await at.call(contract.projectApiKeys.create, { params, body: { name: 'own' } })
  return { params: { api_key_id: id } }
}

export async function group({ admin }: Place) {
  return { params: { group_id: (await admin.groups.create({ name: 'group' })).id } }
}

let roles = 0
/** What a custom role is made of. No two have the same name. */
export const newRole = () => ({ role_name: `Role ${roles++}`, permissions: ['api.model.read'] })

export async function role({ admin }: Place) {
  return { params: { role_id: (await admin.roles.create(newRole())).id } }
}

export async function projectRole(at: Place) {
  const { params } = await project(at)
  const { id } = await at.admin.projects.roles.create(params.project_id, newRole())
  return { params: { ...params, role_id: id } }
}

export async function projectGroup(at: Place) {
  const { params } = await project(at)
  const { group_id } = (await group(at)).params
  await at.admin.projects.groups.create(params.project_id, { group_id, role: 'role-api-project-member' })
  return { params: { ...params, group_id } }
}
