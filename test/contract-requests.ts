import assert from 'node:assert/strict'
import { gatehouse, newEmail, newProjectKey, newUser, type Organization } from './contract-organizations.ts'
import type { TestApp } from './harness.ts'

/** A request that succeeds: the values of the path's parameters, and the body where there is one. */
export type ValidRequest = { params: Record<string, string>; body?: Record<string, unknown> }
type Maker = (organization: Organization, app: TestApp) => Promise<ValidRequest>

/** Makes what a request needs to be there, and the request. A new operation needs its line here before anything else. */
const makers: Record<string, Maker> = {
  'adminApiKeys.list': nothing,
  'adminApiKeys.create': async () => ({ params: {}, body: { name: 'key', expires_in_seconds: 3600 } }),
  'adminApiKeys.retrieve': adminKey,
  'adminApiKeys.delete': adminKey,

  'users.list': nothing,
  'users.retrieve': user,
  'users.update': async (organization, app) => ({
    ...(await user(organization, app)),
    body: { role: 'owner', technical_level: 'expert', developer_persona: null },
  }),
  'users.delete': user,

  'invites.list': nothing,
  'invites.create': async (organization) => ({
    params: {},
    body: { email: newEmail(), role: 'reader', projects: [{ id: organization.defaultProjectId, role: 'member' }] },
  }),
  'invites.retrieve': invite,
  'invites.delete': invite,
  'invites.accept': async (organization, app) => {
    const { params } = await invite(organization)
    const { token } = await gatehouse(app, 'invite', 'link', params.invite_id, '--org', organization.id)
    return { params: {}, body: { token, name: 'Newcomer' } }
  },

  'projects.list': nothing,
  'projects.create': async () => ({ params: {}, body: { name: 'project', residency: 'GLOBAL' } }),
  'projects.retrieve': project,
  'projects.update': async (organization) => ({ ...(await project(organization)), body: { name: 'renamed' } }),
  'projects.archive': project,

  'projectUsers.list': project,
  'projectUsers.create': async (organization, app) => {
    const { id } = await newUser(app, organization)
    return { ...(await project(organization)), body: { user_id: id, role: 'member' } }
  },
  'projectUsers.retrieve': projectUser,
  'projectUsers.update': async (organization, app) => ({
    ...(await projectUser(organization, app)),
    body: { role: 'owner' },
  }),
  'projectUsers.delete': projectUser,

  'serviceAccounts.list': project,
  'serviceAccounts.create': async (organization) => ({
    ...(await project(organization)),
    body: { name: 'bot', expires_in_seconds: 3600 },
  }),
  'serviceAccounts.retrieve': serviceAccount,
  'serviceAccounts.update': async (organization) => ({
    ...(await serviceAccount(organization)),
    body: { name: 'renamed', role: 'owner' },
  }),
  'serviceAccounts.delete': serviceAccount,
  'serviceAccounts.createApiKey': async (organization) => ({
    ...(await serviceAccount(organization)),
    body: { name: 'second', scopes: ['api.all.read'], expires_in_seconds: 3600 },
  }),

  'projectApiKeys.list': project,
  'projectApiKeys.retrieve': projectKey,
  'projectApiKeys.update': async (organization, app) => ({
    ...(await projectKey(organization, app)),
    body: { scopes: ['api.model.read'], expires_in_seconds: 3600 },
  }),
  'projectApiKeys.delete': projectKey,
}

/** What is recorded besides the operation's own event, in the order in which it is recorded. */
const furtherEvents: Record<string, readonly string[]> = {
  'invites.accept': ['user.added', 'user.added'],
  'serviceAccounts.create': ['api_key.created'],
  'serviceAccounts.delete': ['api_key.deleted'],
}
export const eventsBesides = (operation: string) => furtherEvents[operation] ?? []

export function validRequest(operation: string, organization: Organization, app: TestApp): Promise<ValidRequest> {
  const make = makers[operation]
  assert.ok(make, `${operation} has no valid request in contract-requests.ts`)
  return make(organization, app)
}

export const operationsWithRequest = Object.keys(makers)

async function nothing(): Promise<ValidRequest> {
  return { params: {} }
}

async function adminKey({ admin }: Organization): Promise<ValidRequest> {
  return { params: { key_id: (await admin.adminAPIKeys.create({ name: 'key' })).id } }
}

async function user(organization: Organization, app: TestApp): Promise<ValidRequest> {
  return { params: { user_id: (await newUser(app, organization)).id } }
}

async function invite({ admin }: Organization) {
  return { params: { invite_id: (await admin.invites.create({ email: newEmail(), role: 'reader' })).id } }
}

async function project({ admin }: Organization) {
  return { params: { project_id: (await admin.projects.create({ name: 'project' })).id } }
}

async function projectUser(organization: Organization, app: TestApp) {
  const { params } = await project(organization)
  const { id } = await newUser(app, organization)
  await organization.admin.projects.users.create(params.project_id, { user_id: id, role: 'member' })
  return { params: { ...params, user_id: id } }
}

async function serviceAccount(organization: Organization) {
  const { params } = await project(organization)
  const account = await organization.admin.projects.serviceAccounts.create(params.project_id, { name: 'bot' })
  return { params: { ...params, service_account_id: account.id } }
}

async function projectKey(organization: Organization, app: TestApp): Promise<ValidRequest> {
  const { params } = await projectUser(organization, app)
  const { id } = await newProjectKey(app, organization, params.project_id, params.user_id)
  return { params: { project_id: params.project_id, api_key_id: id } }
}
