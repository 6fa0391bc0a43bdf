import type { TestApp } from '../support/harness.ts'
import { newEmail, newProjectKey, newUser, type Organization } from './organizations.ts'

/** A request that succeeds: the values of the path's parameters, the query and the body where there are any. */
export type ValidRequest = {
  params: Record<string, string>
  query?: Record<string, string>
  body?: Record<string, unknown>
}
/** Makes what a request needs to be there, and the request. */
export type Maker = (organization: Organization, app: TestApp) => Promise<ValidRequest>
type Body = ValidRequest['body'] | ((organization: Organization, app: TestApp) => Promise<Record<string, unknown>>)

/** The same request with a body. */
export const sends =
  (make: Maker, body: Body): Maker =>
  async (organization, app) => ({
    ...(await make(organization, app)),
    body: typeof body === 'function' ? await body(organization, app) : (body ?? {}),
  })

export async function nothing() {
  return { params: {} }
}

export async function adminKey({ admin }: Organization) {
  return { params: { key_id: (await admin.adminAPIKeys.create({ name: 'key' })).id } }
}

export async function user(organization: Organization, app: TestApp) {
  return { params: { user_id: (await newUser(app, organization)).id } }
}

export async function invite({ admin }: Organization) {
  return { params: { invite_id: (await admin.invites.create({ email: newEmail(), role: 'reader' })).id } }
}

export async function project({ admin }: Organization) {
  return { params: { project_id: (await admin.projects.create({ name: 'project' })).id } }
}

export async function projectUser(organization: Organization, app: TestApp) {
  const { params } = await project(organization)
  const { id } = await newUser(app, organization)
  await organization.admin.projects.users.create(params.project_id, { user_id: id, role: 'member' })
  return { params: { ...params, user_id: id } }
}

export async function serviceAccount(organization: Organization) {
  const { params } = await project(organization)
  const account = await organization.admin.projects.serviceAccounts.create(params.project_id, { name: 'bot' })
  return { params: { ...params, service_account_id: account.id } }
}

export async function projectKey(organization: Organization, app: TestApp) {
  const { params } = await projectUser(organization, app)
  const { id } = await newProjectKey(app, organization, params.project_id, params.user_id)
  return { params: { project_id: params.project_id, api_key_id: id } }
}

export async function group({ admin }: Organization) {
  return { params: { group_id: (await admin.groups.create({ name: 'group' })).id } }
}

let roles = 0
/** What a custom role is made of. No two have the same name. */
export const newRole = () => ({ role_name: `Role ${roles++}`, permissions: ['api.model.read'] })

export async function role({ admin }: Organization) {
  return { params: { role_id: (await admin.roles.create(newRole())).id } }
}

export async function projectRole(organization: Organization) {
  const { params } = await project(organization)
  const { id } = await organization.admin.projects.roles.create(params.project_id, newRole())
  return { params: { ...params, role_id: id } }
}

export async function projectGroup(organization: Organization) {
  const { params } = await project(organization)
  const { group_id } = (await group(organization)).params
  await organization.admin.projects.groups.create(params.project_id, { group_id, role: 'role-api-project-member' })
  return { params: { ...params, group_id } }
}
