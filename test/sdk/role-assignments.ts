import assert from 'node:assert/strict'
import { newUser } from '../contract/organizations.ts'
import { all, refusal, type Scenario, unknownLike, type World } from './scenario.ts'

type Held = { id: string; name: string; assignment_sources: object[] | null }

/** The four operations, which are alike for users and groups, in the organization and in a project. */
type Assignments = {
  kind: 'user' | 'group'
  level: 'organization' | 'project'
  holder: string
  /** Makes a role that can be held here. */
  newRole: (role_name: string) => Promise<{ id: string }>
  create: (role_id: string) => Promise<{ object: string; role: { id: string } }>
  retrieve: (role_id: string) => Promise<Held>
  list: (query: { limit?: number; order?: 'asc' | 'desc' }) => AsyncIterable<Held>
  remove: (role_id: string) => Promise<object>
}

const noRole = refusal(404, 'not_found', 'role_id')
const newRoleOf =
  ({ admin }: World, project?: string) =>
  (role_name: string) => {
    const body = { role_name, permissions: ['api.files.read'] }
    return project === undefined ? admin.roles.create(body) : admin.projects.roles.create(project, body)
  }

async function ofUser(world: World): Promise<Assignments> {
  const { roles } = world.admin.users
  const { id: user_id } = await newUser(world.app, world.organization)
  return {
    ...({ kind: 'user', level: 'organization', holder: user_id } as const),
    newRole: newRoleOf(world),
    create: (role_id) => roles.create(user_id, { role_id }),
    retrieve: (role) => roles.retrieve(role, { user_id }),
    list: (query) => roles.list(user_id, query),
    remove: (role) => roles.delete(role, { user_id }),
  }
}

async function ofGroup(world: World): Promise<Assignments> {
  const { roles } = world.admin.groups
  const { id: group_id } = await world.admin.groups.create({ name: 'team' })
  return {
    ...({ kind: 'group', level: 'organization', holder: group_id } as const),
    newRole: newRoleOf(world),
    create: (role_id) => roles.create(group_id, { role_id }),
    retrieve: (role) => roles.retrieve(role, { group_id }),
    list: (query) => roles.list(group_id, query),
    remove: (role) => roles.delete(role, { group_id }),
  }
}

async function ofProjectUser(world: World): Promise<Assignments> {
  const { users } = world.admin.projects
  const { id: user_id } = await newUser(world.app, world.organization)
  const { id: project_id } = await world.admin.projects.create({ name: 'project' })
  await users.create(project_id, { user_id, role: 'member' })
  return {
    ...({ kind: 'user', level: 'project', holder: user_id } as const),
    newRole: newRoleOf(world, project_id),
    create: (role_id) => users.roles.create(user_id, { project_id, role_id }),
    retrieve: (role) => users.roles.retrieve(role, { project_id, user_id }),
    list: (query) => users.roles.list(user_id, { project_id, ...query }),
    remove: (role) => users.roles.delete(role, { project_id, user_id }),
  }
}

async function ofProjectGroup(world: World): Promise<Assignments> {
  const { groups } = world.admin.projects
  const { id: group_id } = await world.admin.groups.create({ name: 'team' })
  const { id: project_id } = await world.admin.projects.create({ name: 'project' })
  await groups.create(project_id, { group_id, role: 'role-api-project-member' })
  return {
    ...({ kind: 'group', level: 'project', holder: group_id } as const),
    newRole: newRoleOf(world, project_id),
    create: (role_id) => groups.roles.create(group_id, { project_id, role_id }),
    retrieve: (role) => groups.roles.retrieve(role, { project_id, group_id }),
    list: (query) => groups.roles.list(group_id, { project_id, ...query }),
    remove: (role) => groups.roles.delete(role, { project_id, group_id }),
  }
}

const idsOf = async (list: AsyncIterable<Held>) => (await all(list)).map(({ id }) => id)

const driven: Record<string, (held: Assignments, world: World) => Promise<void>> = {
  create: async ({ kind, level, holder, newRole, create, list }) => {
    const { id } = await newRole('Custom')
    const before = await idsOf(list({}))
    const made = await create(id)
    assert.deepEqual([made.object, made.role.id], [`${kind}.role`, id])
    const shown = kind === 'user' ? (made as { user?: Held }).user : (made as { group?: Held }).group
    assert.equal(shown?.id, holder)
    assert.deepEqual(await create(id), made)
    assert.deepEqual(await idsOf(list({})), [...before, id].sort())
    const wrong = level === 'project' ? 'role-api-organization-reader' : 'role-api-project-member'
    for (const role of [wrong, unknownLike(id), 'owner']) await assert.rejects(create(role), noRole)
    assert.equal((await idsOf(list({}))).length, before.length + 1)
  },

  retrieve: async ({ kind, holder, newRole, create, retrieve }) => {
    const { id } = await newRole('Custom')
    await assert.rejects(retrieve(id), noRole)
    await create(id)
    const { name, assignment_sources } = await retrieve(id)
    assert.deepEqual([name, assignment_sources], ['Custom', [{ principal_type: kind, principal_id: holder }]])
  },

  list: async ({ kind, level, holder, newRole, create, list }, { admin }) => {
    for (const name of ['a', 'b', 'c']) await create((await newRole(name)).id)
    const ids = await idsOf(list({}))
    assert.deepEqual(ids, ids.toSorted())
    assert.deepEqual(await idsOf(list({ limit: 2 })), ids)
    assert.deepEqual(await idsOf(list({ limit: 2, order: 'desc' })), ids.toReversed())
    if (kind === 'group' || level === 'project') return
    // A role that comes through a group as well says so.
    const group = (await admin.groups.create({ name: 'through' })).id
    await admin.groups.users.create(group, { user_id: holder })
    await admin.groups.roles.create(group, { role_id: ids.at(-1) ?? '' })
    const sources = (await all(list({})))
      .at(-1)
      ?.assignment_sources?.map((source) => Reflect.get(source, 'principal_id'))
    assert.deepEqual(new Set(sources), new Set([holder, group]))
  },

  delete: async ({ kind, newRole, create, retrieve, list, remove }) => {
    const { id } = await newRole('Custom')
    const before = await idsOf(list({}))
    await create(id)
    assert.deepEqual(await remove(id), { object: `${kind}.role.deleted`, deleted: true })
    await assert.rejects(retrieve(id), noRole)
    await assert.rejects(remove(id), noRole)
    assert.deepEqual(await idsOf(list({})), before)
  },
}

const holders: [resource: string, make: (world: World) => Promise<Assignments>][] = [
  ['organization.users.roles', ofUser],
  ['organization.groups.roles', ofGroup],
  ['organization.projects.users.roles', ofProjectUser],
  ['organization.projects.groups.roles', ofProjectGroup],
]

export const roleAssignmentScenarios: Record<string, Scenario> = Object.fromEntries(
  holders.flatMap(([resource, make]) =>
    Object.entries(driven).map(([name, drive]): [string, Scenario] => [
      `${resource}.${name}`,
      async (world) => drive(await make(world), world),
    ]),
  ),
)
