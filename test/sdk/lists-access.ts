import { newUser } from '../contract/organizations.ts'
import { inWorld, type List } from './list.ts'
import type { World } from './scenario.ts'

const MEMBER = 'role-api-project-member'
const nothing = () => []
const predefined = (level: string, names: string[]) => () => names.map((name) => `role-api-${level}-${name}`)
const projectOf = ({ organization }: World) => organization.defaultProjectId

const groupOf = inWorld(async ({ admin }) => (await admin.groups.create({ name: 'held' })).id)
const newUserId = async ({ app, organization }: World) => (await newUser(app, organization)).id
/** A group, and a user, who have one role in the default project. */
const projectGroupOf = inWorld(async (world) => {
  const group_id = await groupOf(world)
  await world.admin.projects.groups.create(projectOf(world), { group_id, role: MEMBER })
  return group_id
})
const projectUserOf = inWorld(async (world) => {
  const user_id = await newUserId(world)
  await world.admin.projects.users.create(projectOf(world), { user_id, role: 'member' })
  return user_id
})

let named = 0
const newRole = async ({ admin }: World) =>
  (await admin.roles.create({ role_name: `Role ${named++}`, permissions: [] })).id
const newProjectRole = async (world: World) =>
  (await world.admin.projects.roles.create(projectOf(world), { role_name: `Role ${named++}`, permissions: [] })).id

const groups = { operation: 'organization.groups.list', before: nothing }
const newGroup = async ({ admin }: World) => (await admin.groups.create({ name: 'group' })).id
const deleteGroup = ({ admin }: World, id: string) => admin.groups.delete(id)

/** Lists of groups, of roles, and of who has which. */
export const accessLists: List[] = [
  { ...groups, add: newGroup, list: ({ admin }, query) => admin.groups.list(query), remove: deleteGroup },
  {
    ...groups,
    variant: 'newest first',
    newestFirst: true,
    add: newGroup,
    list: ({ admin }, query) => admin.groups.list({ ...query, order: 'desc' }),
    remove: deleteGroup,
  },
  {
    operation: 'organization.groups.users.list',
    newestFirst: true,
    before: nothing,
    add: async (world) => {
      const user_id = await newUserId(world)
      await world.admin.groups.users.create(await groupOf(world), { user_id })
      return user_id
    },
    list: async (world, query) => world.admin.groups.users.list(await groupOf(world), query),
    remove: async (world, id) => world.admin.groups.users.delete(id, { group_id: await groupOf(world) }),
  },
  {
    operation: 'organization.projects.groups.list',
    before: nothing,
    add: async (world) => {
      const group_id = await newGroup(world)
      await world.admin.projects.groups.create(projectOf(world), { group_id, role: MEMBER })
      return group_id
    },
    list: (world, query) => world.admin.projects.groups.list(projectOf(world), query),
    remove: (world, id) => world.admin.projects.groups.delete(id, { project_id: projectOf(world) }),
  },
  {
    operation: 'organization.roles.list',
    before: predefined('organization', ['owner', 'reader']),
    add: newRole,
    list: ({ admin }, query) => admin.roles.list(query),
    remove: ({ admin }, id) => admin.roles.delete(id),
  },
  {
    operation: 'organization.projects.roles.list',
    before: predefined('project', ['owner', 'member', 'viewer']),
    add: newProjectRole,
    list: (world, query) => world.admin.projects.roles.list(projectOf(world), query),
    remove: (world, id) => world.admin.projects.roles.delete(id, { project_id: projectOf(world) }),
  },
  {
    operation: 'organization.users.roles.list',
    before: predefined('organization', ['owner']),
    add: async (world) => {
      const role_id = await newRole(world)
      await world.admin.users.roles.create(world.organization.ownerId, { role_id })
      return role_id
    },
    list: ({ admin, organization }, query) => admin.users.roles.list(organization.ownerId, query),
    remove: ({ admin, organization }, id) => admin.users.roles.delete(id, { user_id: organization.ownerId }),
  },
  {
    operation: 'organization.groups.roles.list',
    before: nothing,
    add: async (world) => {
      const role_id = await newRole(world)
      await world.admin.groups.roles.create(await groupOf(world), { role_id })
      return role_id
    },
    list: async (world, query) => world.admin.groups.roles.list(await groupOf(world), query),
    remove: async (world, id) => world.admin.groups.roles.delete(id, { group_id: await groupOf(world) }),
  },
  {
    operation: 'organization.projects.users.roles.list',
    before: predefined('project', ['member']),
    add: async (world) => {
      const role_id = await newProjectRole(world)
      await world.admin.projects.users.roles.create(await projectUserOf(world), {
        project_id: projectOf(world),
        role_id,
      })
      return role_id
    },
    list: async (world, query) => {
      const of = { project_id: projectOf(world) }
      return world.admin.projects.users.roles.list(await projectUserOf(world), { ...of, ...query })
    },
    remove: async (world, id) => {
      const of = { project_id: projectOf(world), user_id: await projectUserOf(world) }
      return world.admin.projects.users.roles.delete(id, of)
    },
  },
  {
    operation: 'organization.projects.groups.roles.list',
    before: predefined('project', ['member']),
    add: async (world) => {
      const role_id = await newProjectRole(world)
      await world.admin.projects.groups.roles.create(await projectGroupOf(world), {
        project_id: projectOf(world),
        role_id,
      })
      return role_id
    },
    list: async (world, query) => {
      const of = { project_id: projectOf(world) }
      return world.admin.projects.groups.roles.list(await projectGroupOf(world), { ...of, ...query })
    },
    remove: async (world, id) => {
      const of = { project_id: projectOf(world), group_id: await projectGroupOf(world) }
      return world.admin.projects.groups.roles.delete(id, of)
    },
  },
]
