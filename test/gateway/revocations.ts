import { ADMIN_KEY } from '../support/harness.ts'
import { makeKey, type TestGate } from './gate.ts'
import { makeUser, makeUserKey } from './people.ts'

/** Something that takes a key's access away, how it is undone where it can be, and what the key is told then. */
export type Revocation = {
  key: string
  revoke: () => Promise<unknown>
  restore?: () => Promise<unknown>
  code: string | null
  sentence: RegExp
}

const unknownKey = { code: 'invalid_api_key', sentence: /^Incorrect API key provided: sk-/ }
const stranger = { code: null, sentence: /^You must be a member of an organization to use the API$/ }

/** All the ways in which it is taken away, each in a project of its own. */
export const revocations: Record<string, (gate: TestGate) => Promise<Revocation>> = {
  'a deleted key': async ({ app, key, keyId, projectId }) => ({
    key,
    revoke: () => app.admin().organization.projects.apiKeys.delete(keyId, { project_id: projectId }),
    ...unknownKey,
  }),
  'a key of a deleted service account': async ({ app, projectId }) => {
    const { key, accountId } = await makeKey(app, projectId)
    const { serviceAccounts } = app.admin().organization.projects
    const revoke = () => serviceAccounts.delete(accountId, { project_id: projectId })
    return { key, revoke, ...unknownKey }
  },
  'a key of an archived project': async ({ app, key, projectId }) => ({
    key,
    revoke: () => app.admin().organization.projects.archive(projectId),
    code: 'not_authorized_invalid_project',
    sentence: /^The project you are requesting has been archived and is no longer accessible$/,
  }),
  'a key of a user who was removed from the project': async ({ app, projectId }) => {
    const userId = await makeUser(app)
    const { users } = app.admin().organization.projects
    const restore = () => users.create(projectId, { user_id: userId, role: 'member' })
    await restore()
    const { value: key } = await makeUserKey(app, projectId, userId)
    return { key, revoke: () => users.delete(userId, { project_id: projectId }), restore, ...stranger }
  },
  'a key of a user who was removed from the organization': async ({ app, projectId }) => {
    const userId = await makeUser(app)
    const { users, projects } = app.admin().organization
    await projects.users.create(projectId, { user_id: userId, role: 'owner' })
    const { value: key } = await makeUserKey(app, projectId, userId)
    return { key, revoke: () => users.delete(userId), ...stranger }
  },
  'a key of an owner who was demoted and is in the project by nothing else': async ({ app, projectId }) => {
    const userId = await makeUser(app, 'owner')
    const { value: key } = await makeUserKey(app, projectId, userId)
    const { users } = app.admin().organization
    const restore = () => users.update(userId, { role: 'owner' })
    return { key, revoke: () => users.update(userId, { role: 'reader' }), restore, ...stranger }
  },
  'a key whose scopes were narrowed': async ({ app, key, keyId, projectId }) => {
    const { apiKeys } = app.admin().organization.projects
    const narrow = (scopes: string[]) => apiKeys.update(keyId, { project_id: projectId, scopes })
    const sentence = /Missing scopes: api\.model\.request\./
    return { key, revoke: () => narrow(['api.model.read']), restore: () => narrow([]), code: null, sentence }
  },
  'a key that was disabled': async ({ app, key, keyId, projectId }) => {
    const path = `/v1/organization/projects/${projectId}/api_keys/${keyId}`
    const become = (disabled: boolean) => app.send('POST', path, { key: ADMIN_KEY, body: { disabled } })
    const sentence = /^Incorrect API key provided: sk-.*The key is disabled\./
    return { key, revoke: () => become(true), restore: () => become(false), code: 'invalid_api_key', sentence }
  },
  'an expired key': async ({ app, key, keyId, projectId }) => {
    const { apiKeys } = app.admin().organization.projects
    await apiKeys.update(keyId, { project_id: projectId, expires_in_seconds: 60 })
    const revoke = async () => app.advance(60)
    return {
      key,
      revoke,
      code: 'invalid_api_key',
      sentence: /^Incorrect API key provided: sk-.*The key has expired\.$/,
    }
  },
  'a key whose life was cut short': async ({ app, key, keyId, projectId }) => {
    const { apiKeys } = app.admin().organization.projects
    const revoke = async () => {
      await apiKeys.update(keyId, { project_id: projectId, expires_in_seconds: 1 })
      app.advance(1)
    }
    return { key, revoke, code: 'invalid_api_key', sentence: /The key has expired\.$/ }
  },
}
