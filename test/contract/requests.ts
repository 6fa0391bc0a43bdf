import { requestOf, type ValidRequest } from '../operations/index.ts'
import { clientOf } from '../support/client.ts'
import type { TestApp } from '../support/harness.ts'
import type { Organization } from './organizations.ts'

export { operationsWithRequest, type ValidRequest } from '../operations/index.ts'

/** Makes what a request of the operation needs to be there, below a project of its own, and the request. */
export function validRequest(operation: string, organization: Organization, app: TestApp): Promise<ValidRequest> {
  const { id, defaultProjectId, admin, key } = organization
  const project = async () => (await admin.projects.create({ name: 'project' })).id
  const call = clientOf(app, key)
  return requestOf(operation, { app, id, defaultProjectId, admin, call, project, newProject: project })
}

/** What is recorded besides the operation's own event, in the order in which it is recorded. */
const furtherEvents: Record<string, readonly string[]> = {
  'invites.accept': ['user.added', 'user.added'],
  'signIn.useLink': ['login.succeeded'],
  'secondFactor.confirm': ['login.succeeded'],
  'secondFactor.remove': ['login.succeeded'],
  'passkeys.confirm': ['login.succeeded'],
  'passkeys.remove': ['login.succeeded'],
  'signIn.changePassword': ['user.updated'],
  'projectGroups.create': ['role.assignment.created'],
  'projectGroups.delete': ['role.assignment.deleted'],
  'serviceAccounts.create': ['api_key.created'],
  'serviceAccounts.delete': ['api_key.deleted'],
}
export const eventsBesides = (operation: string) => furtherEvents[operation] ?? []

/** What changes something in a project that its path does not name: the project that the valid request makes is another than the default one. */
export const recordedInItsProject: ReadonlySet<string> = new Set(['myApiKeys.update', 'myApiKeys.delete'])
