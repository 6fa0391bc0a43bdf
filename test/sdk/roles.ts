import assert from 'node:assert/strict'
import { newOrganization } from '../contract/organizations.ts'
import { all, refusal, type Scenario, unknownLike, type World } from './scenario.ts'

type RoleBody = { role_name: string; permissions: string[]; description?: string | null }
type Role = { id: string; name: string; permissions: string[]; description?: string | null }

/** The five operations, which are alike in the organization and in a project. */
type Roles = {
  level: 'organization' | 'project'
  predefined: string[]
  create: (body: RoleBody) => Promise<Role>
  retrieve: (id: string) => Promise<Role>
  update: (id: string, body: Partial<RoleBody>) => Promise<Role>
  list: (query: { limit?: number; order?: 'asc' | 'desc' }) => AsyncIterable<Role>
  remove: (id: string) => Promise<object>
}
/** The same operations where the roles of these are not. */
type Place = {
  world: World
  roles: Roles
  elsewhere: Roles
  /** Gives somebody the role. */
  assign: (role_id: string) => Promise<unknown>
}

function ofOrganization({ roles }: World['admin']): Roles {
  return {
    level: 'organization',
    predefined: ['role-api-organization-owner', 'role-api-organization-reader'],
    create: (body) => roles.create(body),
    retrieve: (id) => roles.retrieve(id),
    update: (id, body) => roles.update(id, body),
    list: (query) => roles.list(query),
    remove: (id) => roles.delete(id),
  }
}

function ofProject({ projects }: World['admin'], project_id: string): Roles {
  const { roles } = projects
  return {
    level: 'project',
    predefined: ['role-api-project-owner', 'role-api-project-member', 'role-api-project-viewer'],
    create: (body) => roles.create(project_id, body),
    retrieve: (id) => roles.retrieve(id, { project_id }),
    update: (id, body) => roles.update(id, { project_id, ...body }),
    list: (query) => roles.list(project_id, query),
    remove: (id) => roles.delete(id, { project_id }),
  }
}

const noRole = refusal(404, 'not_found', 'role_id')
const predefined = refusal(400, 'predefined_role_not_modifiable', 'role_id')

const driven: Record<string, (place: Place) => Promise<void>> = {
  create: async ({ roles: { level, create, retrieve } }) => {
    const permissions = ['api.files.read', 'api.model.request']
    const role = await create({ role_name: ' Reviewer ', permissions, description: 'Looks' })
    const { id } = role
    assert.match(id, /^role_[0-9a-z]{24}$/)
    const shared = { object: 'role', id, resource_type: `api.${level}`, predefined_role: false }
    assert.deepEqual(role, { ...shared, name: 'Reviewer', permissions, description: 'Looks' })
    assert.deepEqual(await retrieve(id), role)
    for (const role_name of ['Reviewer', 'owner']) {
      const again = create({ role_name, permissions: [] })
      await assert.rejects(again, refusal(400, 'role_already_exists', 'role_name'))
    }
    const other = level === 'project' ? 'api.groups.read' : 'api.organization.projects.api_keys.read'
    for (const wrong of [other, 'api.management.write', 'api.everything']) {
      const refused = create({ role_name: 'Other', permissions: ['api.files.read', wrong] })
      await assert.rejects(refused, refusal(400, 'invalid_value', 'permissions[1]'))
    }
  },

  retrieve: async ({ roles, elsewhere }) => {
    const role = await roles.create({ role_name: 'Reviewer', permissions: [] })
    assert.deepEqual(await roles.retrieve(role.id), role)
    for (const id of roles.predefined) assert.equal((await roles.retrieve(id)).id, id)
    await assert.rejects(roles.retrieve(unknownLike(role.id)), noRole)
    await assert.rejects(elsewhere.retrieve(role.id), noRole)
  },

  update: async ({ roles, elsewhere }) => {
    const role = await roles.create({ role_name: 'Reviewer', permissions: ['api.files.read'] })
    const changed = { ...role, name: 'Editor', permissions: ['api.files.write'] }
    const { name: role_name, permissions } = changed
    assert.deepEqual(await roles.update(role.id, { role_name, permissions }), changed)
    assert.deepEqual(await roles.update(role.id, {}), changed)
    assert.deepEqual(await roles.retrieve(role.id), changed)
    for (const id of roles.predefined) await assert.rejects(roles.update(id, { permissions: [] }), predefined)
    await assert.rejects(elsewhere.update(role.id, { permissions: [] }), noRole)
    assert.deepEqual(await roles.retrieve(role.id), changed)
  },

  list: async ({ roles, elsewhere }) => {
    const made = []
    for (const role_name of ['a', 'b', 'c']) made.push((await roles.create({ role_name, permissions: [] })).id)
    const listed = async (order: 'asc' | 'desc') => (await all(roles.list({ order, limit: 2 }))).map(({ id }) => id)
    assert.deepEqual(await listed('asc'), [...roles.predefined, ...made])
    assert.deepEqual(await listed('desc'), [...roles.predefined, ...made].toReversed())
    assert.equal((await all(elsewhere.list({}))).length, elsewhere.predefined.length)
  },

  delete: async ({ world: { app }, roles, elsewhere, assign }) => {
    const { id } = await roles.create({ role_name: 'Doomed', permissions: ['api.files.read'] })
    const assigned = () => app.db.selectFrom('role_assignment').selectAll().where('role_id', '=', id).execute()
    await assign(id)
    assert.equal((await assigned()).length, 1)
    await assert.rejects(elsewhere.remove(id), noRole)
    assert.deepEqual(await roles.remove(id), { object: 'role.deleted', id, deleted: true })
    assert.deepEqual(await assigned(), [])
    await assert.rejects(roles.retrieve(id), noRole)
    await assert.rejects(roles.remove(id), noRole)
    for (const one of roles.predefined) await assert.rejects(roles.remove(one), predefined)
  },
}

async function inOrganization(world: World): Promise<Place> {
  const { app, admin, organization } = world
  const elsewhere = ofOrganization((await newOrganization(app)).admin)
  const assign = (role_id: string) => admin.users.roles.create(organization.ownerId, { role_id })
  return { world, roles: ofOrganization(admin), elsewhere, assign }
}

async function inProject(world: World): Promise<Place> {
  const { admin, organization } = world
  const { id: project_id } = await admin.projects.create({ name: 'project' })
  const { id: group_id } = await admin.groups.create({ name: 'team' })
  const assign = (role: string) => admin.projects.groups.create(project_id, { group_id, role })
  const elsewhere = ofProject(admin, organization.defaultProjectId)
  return { world, roles: ofProject(admin, project_id), elsewhere, assign }
}

export const roleScenarios: Record<string, Scenario> = Object.fromEntries(
  Object.entries(driven).flatMap(([name, drive]): [string, Scenario][] => [
    [`organization.roles.${name}`, async (world) => drive(await inOrganization(world))],
    [`organization.projects.roles.${name}`, async (world) => drive(await inProject(world))],
  ]),
)
