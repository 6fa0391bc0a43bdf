import assert from 'node:assert/strict'
import { newOrganization, newProjectKey, newUser } from '../contract/organizations.ts'
import { all, opens, refusal, type Scenario, unknownLike, type World } from './scenario.ts'

const noGroup = refusal(404, 'not_found', 'group_id')
const MEMBER = 'role-api-project-member'

/** A group, and a project that it is not in. */
async function groupAndProject({ admin }: World) {
  const group_id = (await admin.groups.create({ name: 'team' })).id
  return { group_id, project_id: (await admin.projects.create({ name: 'project' })).id }
}

export const projectGroupScenarios: Record<string, Scenario> = {
  'organization.projects.groups.create': async (world) => {
    const { app, admin, organization } = world
    const { groups } = admin.projects
    const { group_id, project_id } = await groupAndProject(world)
    const { id: user_id } = await newUser(app, organization)
    await admin.groups.users.create(group_id, { user_id })
    const added = await groups.create(project_id, { group_id, role: MEMBER })
    const shared = { object: 'project.group', group_name: 'team', group_type: 'group' }
    assert.deepEqual(added, { ...shared, project_id, group_id, created_at: added.created_at })
    const key = await newProjectKey(app, organization, project_id, user_id)
    assert.equal(await opens(app, key.value), null)

    const twice = groups.create(project_id, { group_id, role: MEMBER })
    await assert.rejects(twice, refusal(400, 'group_already_in_project', 'group_id'))
    const other = await admin.groups.create({ name: 'other' })
    const unknown = groups.create(project_id, { group_id: other.id, role: 'member' })
    await assert.rejects(unknown, refusal(404, 'not_found', 'role'))
    const stranger = await newOrganization(app)
    const theirs = await stranger.admin.groups.create({ name: 'theirs' })
    await assert.rejects(groups.create(project_id, { group_id: theirs.id, role: MEMBER }), noGroup)
    assert.deepEqual(await all(groups.list(project_id)), [added])
  },

  'organization.projects.groups.retrieve': async (world) => {
    const { groups } = world.admin.projects
    const { group_id, project_id } = await groupAndProject(world)
    await assert.rejects(groups.retrieve(group_id, { project_id }), noGroup)
    const added = await groups.create(project_id, { group_id, role: MEMBER })
    assert.deepEqual(await groups.retrieve(group_id, { project_id }), added)
    await assert.rejects(groups.retrieve(group_id, { project_id, group_type: 'tenant_group' }), noGroup)
    await assert.rejects(groups.retrieve(group_id, { project_id: world.organization.defaultProjectId }), noGroup)
    const nowhere = groups.retrieve(group_id, { project_id: unknownLike(project_id) })
    await assert.rejects(nowhere, refusal(404, 'not_found', 'project_id'))
  },

  'organization.projects.groups.list': async (world) => {
    const { admin } = world
    const { group_id, project_id } = await groupAndProject(world)
    const second = (await admin.groups.create({ name: 'second' })).id
    for (const id of [group_id, second]) await admin.projects.groups.create(project_id, { group_id: id, role: MEMBER })
    const listed = async (order: 'asc' | 'desc') =>
      (await all(admin.projects.groups.list(project_id, { order, limit: 1 }))).map((group) => group.group_id)
    assert.deepEqual(await listed('asc'), [group_id, second])
    assert.deepEqual(await listed('desc'), [second, group_id])
    // A group without a role stays where it was put.
    await admin.projects.groups.roles.delete(MEMBER, { project_id, group_id })
    assert.deepEqual(await listed('asc'), [group_id, second])
    await admin.groups.delete(group_id)
    assert.deepEqual(await listed('asc'), [second])
  },

  'organization.projects.groups.delete': async (world) => {
    const { app, admin, organization } = world
    const { groups } = admin.projects
    const { group_id, project_id } = await groupAndProject(world)
    const { id: user_id } = await newUser(app, organization)
    await admin.groups.users.create(group_id, { user_id })
    await groups.create(project_id, { group_id, role: MEMBER })
    const key = await newProjectKey(app, organization, project_id, user_id)
    assert.equal(await opens(app, key.value), null)
    const deleted = await groups.delete(group_id, { project_id })
    assert.deepEqual(deleted, { object: 'project.group.deleted', deleted: true })
    assert.match((await opens(app, key.value)) ?? '', /You must be a member/)
    assert.deepEqual(await all(groups.list(project_id)), [])
    await assert.rejects(groups.delete(group_id, { project_id }), noGroup)
    assert.equal((await admin.groups.retrieve(group_id)).id, group_id)
  },
}
