import { newEmail, newUser } from '../contract/organizations.ts'
import type { List } from './list.ts'
import { accessLists } from './lists-access.ts'
import { settingLists } from './lists-settings.ts'
import type { World } from './scenario.ts'

const ids = (key: 'keyId' | 'ownerId' | 'defaultProjectId') => (world: World) => [world.organization[key]]
const nothing = () => []
const inDefault = (world: World) => ({ project_id: world.organization.defaultProjectId })

async function addBot({ admin, organization }: World, create_service_account_only = false) {
  const body = { name: 'bot', create_service_account_only }
  return admin.projects.serviceAccounts.create(organization.defaultProjectId, body)
}

async function addMember(world: World, role: 'owner' | 'reader') {
  const { id } = await newUser(world.app, world.organization, role)
  if (role === 'owner') return id
  await world.admin.projects.users.create(world.organization.defaultProjectId, { user_id: id, role: 'member' })
  await newUser(world.app, world.organization)
  return id
}

const keys = { operation: 'organization.adminAPIKeys.list', before: ids('keyId') }
const addKey = async ({ admin }: World) => (await admin.adminAPIKeys.create({ name: 'key' })).id
const removeKey = ({ admin }: World, id: string) => admin.adminAPIKeys.delete(id)

/** Every list of the official client that is built and can be emptied, in every way in which it finds its rows. */
export const lists: List[] = [
  { ...keys, add: addKey, list: ({ admin }, query) => admin.adminAPIKeys.list(query), remove: removeKey },
  {
    ...keys,
    variant: 'newest first',
    newestFirst: true,
    add: addKey,
    list: ({ admin }, query) => admin.adminAPIKeys.list({ ...query, order: 'desc' }),
    remove: removeKey,
  },
  {
    operation: 'organization.users.list',
    before: ids('ownerId'),
    add: async ({ app, organization }) => (await newUser(app, organization)).id,
    list: ({ admin }, query) => admin.users.list(query),
    remove: ({ admin }, id) => admin.users.delete(id),
  },
  {
    operation: 'organization.invites.list',
    before: nothing,
    add: async ({ admin }) => (await admin.invites.create({ email: newEmail(), role: 'reader' })).id,
    list: ({ admin }, query) => admin.invites.list(query),
    remove: ({ admin }, id) => admin.invites.delete(id),
  },
  {
    operation: 'organization.projects.list',
    variant: 'between archived ones',
    before: ids('defaultProjectId'),
    add: async ({ admin }) => {
      const [archived, { id }] = [
        await admin.projects.create({ name: 'x' }),
        await admin.projects.create({ name: 'x' }),
      ]
      await admin.projects.archive(archived.id)
      return id
    },
    list: ({ admin }, query) => admin.projects.list(query),
    remove: ({ admin }, id) => admin.projects.archive(id),
  },
  {
    operation: 'organization.projects.users.list',
    variant: 'owners of the organization between members',
    before: ids('ownerId'),
    add: (world, turn) => addMember(world, turn % 3 === 0 ? 'owner' : 'reader'),
    list: ({ admin, organization }, query) => admin.projects.users.list(organization.defaultProjectId, query),
    remove: ({ admin }, id) => admin.users.delete(id),
  },
  {
    operation: 'organization.projects.serviceAccounts.list',
    before: nothing,
    add: async (world) => (await addBot(world)).id,
    list: ({ admin, organization }, query) => admin.projects.serviceAccounts.list(organization.defaultProjectId, query),
    remove: (world, id) => world.admin.projects.serviceAccounts.delete(id, inDefault(world)),
  },
  {
    operation: 'organization.projects.apiKeys.list',
    before: nothing,
    add: async (world) => (await addBot(world)).api_key?.id ?? '',
    list: ({ admin, organization }, query) => admin.projects.apiKeys.list(organization.defaultProjectId, query),
    remove: (world, id) => world.admin.projects.apiKeys.delete(id, inDefault(world)),
  },
  {
    operation: 'organization.projects.apiKeys.list',
    variant: 'inactive ones between active ones',
    before: nothing,
    add: async (world) => {
      const idle = await addBot(world, true)
      await addBot(world)
      return (await world.admin.projects.serviceAccounts.apiKeys.create(idle.id, inDefault(world))).id
    },
    list: ({ admin, organization }, query) =>
      admin.projects.apiKeys.list(organization.defaultProjectId, { ...query, owner_project_access: 'inactive' }),
    remove: (world, id) => world.admin.projects.apiKeys.delete(id, inDefault(world)),
  },
  ...accessLists,
  ...settingLists,
]

/** Lists that nothing can be taken out of; their scenarios walk through them. */
export const fixedLists: readonly string[] = [
  'organization.auditLogs.list',
  'organization.projects.rateLimits.listRateLimits',
]
