import { contract } from '../../../src/contract/index.ts'
import { mintKey } from '../../../src/core/key.ts'
import { newUser } from '../../contract/organizations.ts'
import { aChat, bareAccount, chatAndList, lacks, mayNotAsk, STRANGER } from './callers.ts'
import { chat, refusalOf, row, told, type World } from './row.ts'

/** A key of the owner's own in the project. */
async function ownKey({ call, projectId: project_id }: World) {
  const { id, value } = await call(contract.projectApiKeys.create, { params: { project_id }, body: { name: 'own' } })
  return { id, key: value }
}

/** Which keys there are, and what they were narrowed to. */
export const keySettings = [
  row({
    setting: 'a project is archived',
    shows: ['archivedAt'],
    by: ['projects.archive'],
    ...aChat,
    without: '200',
    set: ({ admin, projectId }) => admin.projects.archive(projectId),
    with: '401 not_authorized_invalid_project',
    unset: 'an archived project cannot be brought back, in the original neither',
  }),
  row({
    setting: "a project's key is deleted",
    by: ['projectApiKeys.delete'],
    ...aChat,
    without: '200',
    set: ({ admin, projectId, keyId }) => admin.projects.apiKeys.delete(keyId, { project_id: projectId }),
    with: '401 invalid_api_key',
    unset: 'nobody has the key any more: only its hash was stored',
  }),
  row({
    setting: "a key's scopes are narrowed",
    by: ['projectApiKeys.update'],
    ...chatAndList,
    without: ['200', '200'],
    set: ({ admin, projectId, keyId }) =>
      admin.projects.apiKeys.update(keyId, { project_id: projectId, scopes: ['api.model.read'] }),
    with: [mayNotAsk, '200'],
    unset: ({ admin, projectId, keyId }) => admin.projects.apiKeys.update(keyId, { project_id: projectId, scopes: [] }),
  }),
  row({
    setting: 'a key is disabled by its owner',
    by: ['myApiKeys.update'],
    ...aChat,
    given: ownKey,
    without: '200',
    set: ({ call, id }) => call(contract.myApiKeys.update, { params: { api_key_id: id }, body: { disabled: true } }),
    with: '401 invalid_api_key',
    unset: ({ call, id }) => call(contract.myApiKeys.update, { params: { api_key_id: id }, body: { disabled: false } }),
  }),
  row({
    setting: 'a key is deleted by its owner',
    by: ['myApiKeys.delete'],
    ...aChat,
    given: ownKey,
    without: '200',
    set: ({ call, id }) => call(contract.myApiKeys.delete, { params: { api_key_id: id } }),
    with: '401 invalid_api_key',
    unset: 'nobody has the key any more: only its hash was stored',
  }),
  row({
    setting: 'a key is disabled',
    by: ['projectApiKeys.update'],
    request: 'a chat, and what is said of the key',
    see: async (w) => [await chat(w), (await refusalOf(w.app.client(w.key).models.list()))?.message ?? '200'],
    without: ['200', '200'],
    set: ({ call, projectId: project_id, keyId: api_key_id }) =>
      call(contract.projectApiKeys.update, { params: { project_id, api_key_id }, body: { disabled: true } }),
    with: ['401 invalid_api_key', /The key is disabled\. /],
    unset: ({ call, projectId: project_id, keyId: api_key_id }) =>
      call(contract.projectApiKeys.update, { params: { project_id, api_key_id }, body: { disabled: false } }),
  }),
  row({
    setting: "a key's end is set, and comes",
    by: ['projectApiKeys.update'],
    ...aChat,
    without: '200',
    set: async ({ app, admin, projectId, keyId }) => {
      await admin.projects.apiKeys.update(keyId, { project_id: projectId, expires_in_seconds: 1 })
      app.advance(1)
    },
    with: '401 invalid_api_key',
    unset: 'a key that has expired cannot be changed, in the original neither',
  }),
  row({
    setting: 'a service account is there',
    by: ['serviceAccounts.create', 'serviceAccounts.delete'],
    request: "a chat with the service account's key",
    given: async () => ({ other: { id: '', key: mintKey('service_account').value } }),
    see: (w) => chat({ ...w, key: w.other.key }),
    without: '401 invalid_api_key',
    set: async ({ admin, projectId, other }) => {
      const { id, api_key } = await admin.projects.serviceAccounts.create(projectId, { name: 'second' })
      Object.assign(other, { id, key: api_key?.value })
    },
    with: '200',
    unset: ({ admin, projectId, other }) => admin.projects.serviceAccounts.delete(other.id, { project_id: projectId }),
  }),
  row({
    setting: 'a service account has a second key',
    by: ['serviceAccounts.createApiKey', 'projectApiKeys.delete'],
    request: 'a chat with the second key, and with the first',
    given: async () => ({ second: { id: '', key: mintKey('service_account').value } }),
    see: async (w) => [await chat({ ...w, key: w.second.key }), await chat(w)],
    without: ['401 invalid_api_key', '200'],
    set: async ({ admin, projectId, accountId, second }) => {
      const made = await admin.projects.serviceAccounts.apiKeys.create(accountId, { project_id: projectId })
      Object.assign(second, { id: made.id, key: made.value })
    },
    with: ['200', '200'],
    unset: ({ admin, projectId, second }) => admin.projects.apiKeys.delete(second.id, { project_id: projectId }),
  }),
  row({
    setting: 'a service account has a second key that is narrowed',
    by: ['serviceAccounts.createApiKey', 'projectApiKeys.delete'],
    request: 'a chat and the list of models with the second key',
    given: async () => ({ second: { id: '', key: mintKey('service_account').value } }),
    see: ({ second, ...w }) => chatAndList.see({ ...w, key: second.key }),
    without: ['401 invalid_api_key', '401 invalid_api_key'],
    set: async ({ admin, projectId, accountId, second }) => {
      const asked = { project_id: projectId, name: 'narrow', scopes: ['api.model.read'] }
      const made = await admin.projects.serviceAccounts.apiKeys.create(accountId, asked)
      Object.assign(second, { id: made.id, key: made.value })
    },
    with: [mayNotAsk, '200'],
    unset: ({ admin, projectId, second }) => admin.projects.apiKeys.delete(second.id, { project_id: projectId }),
  }),
  row({
    setting: 'a service account comes with a key that ends, and has a second one that does',
    by: ['serviceAccounts.create', 'serviceAccounts.createApiKey'],
    request: 'the list of models with each key, two seconds later',
    given: async () => ({ keys: [mintKey('service_account').value, mintKey('service_account').value] }),
    see: ({ app, keys }) =>
      Promise.all(keys.map(async (key) => (await refusalOf(app.client(key).models.list()))?.message ?? '200')),
    without: [/opens this door/, /opens this door/],
    set: async ({ app, admin, projectId, keys }) => {
      const { serviceAccounts } = admin.projects
      const ends = { expires_in_seconds: 2 }
      const { id, api_key } = await serviceAccounts.create(projectId, { name: 'short', ...ends })
      const second = await serviceAccounts.apiKeys.create(id, { project_id: projectId, ...ends })
      keys.splice(0, 2, api_key?.value ?? '', second.value)
      app.advance(2)
    },
    with: [/has expired/, /has expired/],
    unset: 'a key that has expired cannot be changed, in the original neither',
  }),
  row({
    setting: 'an owner has keys of their own: one that is narrowed and ends, and one that is made for another',
    by: ['projectApiKeys.create', 'projectApiKeys.delete'],
    request: 'a chat and the list of models with the first, and a chat with the second',
    given: async ({ organization, app, projectId, admin }) => {
      const user_id = (await newUser(app, organization)).id
      await admin.projects.users.create(projectId, { user_id, role: 'member' })
      const made = () => ({ id: '', key: mintKey('user').value })
      return { user_id, own: made(), theirs: made() }
    },
    see: async ({ own, theirs, ...w }) => [
      ...(await chatAndList.see({ ...w, key: own.key })),
      await chat({ ...w, key: theirs.key }),
    ],
    without: ['401 invalid_api_key', '401 invalid_api_key', '401 invalid_api_key'],
    set: async ({ call, projectId: project_id, user_id, own, theirs }) => {
      const make = (body: { name: string; scopes?: string[]; expires_in_seconds?: number; user_id?: string }) =>
        call(contract.projectApiKeys.create, { params: { project_id }, body })
      const first = await make({ name: 'own', scopes: ['api.model.read'], expires_in_seconds: 3600 })
      Object.assign(own, { id: first.id, key: first.value })
      const second = await make({ name: 'theirs', user_id })
      Object.assign(theirs, { id: second.id, key: second.value })
    },
    with: [mayNotAsk, '200', '200'],
    unset: async ({ admin, projectId: project_id, own, theirs }) => {
      for (const { id } of [own, theirs]) await admin.projects.apiKeys.delete(id, { project_id })
    },
  }),
  row({
    setting: "a service account without a role becomes a project's member",
    by: ['serviceAccounts.update'],
    ...aChat,
    given: bareAccount,
    without: STRANGER,
    set: ({ admin, projectId, bareId }) =>
      admin.projects.serviceAccounts.update(bareId, { project_id: projectId, role: 'member' }),
    with: '200',
    unset: 'the role none can be created and not set, in the original neither',
  }),
  row({
    setting: 'an admin key is there',
    by: ['adminApiKeys.create', 'adminApiKeys.delete'],
    request: 'the list of models at the gate, and the list of projects in the Administration API',
    given: async () => ({ own: { id: '', key: mintKey('admin').value } }),
    see: async ({ app, own }) => [
      await told(app.client(own.key).models.list()),
      await told(app.admin(own.key).organization.projects.list()),
    ],
    without: ['401 invalid_api_key', '401 invalid_api_key'],
    set: async ({ admin, own }) => {
      const made = await admin.adminAPIKeys.create({ name: 'automation' })
      Object.assign(own, { id: made.id, key: made.value })
    },
    with: [lacks('api.model.read'), '200'],
    unset: ({ admin, own }) => admin.adminAPIKeys.delete(own.id),
  }),
  row({
    setting: 'an admin key is disabled',
    by: ['adminApiKeys.update'],
    request: 'the list of models at the gate, and the list of projects in the Administration API',
    given: async ({ admin }) => ({ own: await admin.adminAPIKeys.create({ name: 'automation' }) }),
    see: async ({ app, own }) => [
      await told(app.client(own.value).models.list()),
      await told(app.admin(own.value).organization.projects.list()),
    ],
    without: [lacks('api.model.read'), '200'],
    set: ({ call, own }) =>
      call(contract.adminApiKeys.update, { params: { key_id: own.id }, body: { disabled: true } }),
    with: ['401 invalid_api_key', '401 invalid_api_key'],
    unset: ({ call, own }) =>
      call(contract.adminApiKeys.update, { params: { key_id: own.id }, body: { disabled: false } }),
  }),
]
