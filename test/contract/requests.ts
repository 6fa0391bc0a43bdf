import assert from 'node:assert/strict'
import { endpoints } from '../../src/admin/index.ts'
import type { TestApp } from '../support/harness.ts'
import { gatehouse, newEmail, newUser, type Organization } from './organizations.ts'
import {
  adminKey,
  invite,
  type Maker,
  nothing,
  project,
  projectKey,
  projectUser,
  serviceAccount,
  user,
  type ValidRequest,
} from './parents.ts'
import { accessRequests } from './requests-access.ts'
import { policyRequests } from './requests-policy.ts'

export type { ValidRequest }

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

  ...accessRequests,
  ...policyRequests,
}

/** What is recorded besides the operation's own event, in the order in which it is recorded. */
const furtherEvents: Record<string, readonly string[]> = {
  'invites.accept': ['user.added', 'user.added'],
  'projectGroups.create': ['role.assignment.created'],
  'projectGroups.delete': ['role.assignment.deleted'],
  'serviceAccounts.create': ['api_key.created'],
  'serviceAccounts.delete': ['api_key.deleted'],
}
export const eventsBesides = (operation: string) => furtherEvents[operation] ?? []

export async function validRequest(operation: string, organization: Organization, app: TestApp): Promise<ValidRequest> {
  const [make, endpoint] = [makers[operation], endpoints.find(({ name }) => name === operation)]
  assert.ok(make && endpoint, `${operation} has no valid request in contract-requests.ts`)
  const { params, ...request } = await make(organization, app)
  const inPath = Object.entries(params).filter(([name]) => endpoint.route.path.split('/').includes(`:${name}`))
  return { ...request, params: Object.fromEntries(inPath) }
}

export const operationsWithRequest = Object.keys(makers)
