import assert from 'node:assert/strict'
import { newAdminKey, newOrganization, newProjectKey, newUser } from '../contract/organizations.ts'
import { all, opens, refusal, type Scenario, unknownLike, type World } from './scenario.ts'

const notFound = refusal(404, 'not_found', 'user_id')
const isOwner = refusal(400, 'user_organization_owner', 'user_id')

async function newProject({ admin }: World) {
  return (await admin.projects.create({ name: 'team' })).id
}

export const projectUserScenarios: Record<string, Scenario> = {
  'organization.projects.users.create': async (world) => {
    const { app, organization } = world
    const { users } = world.admin.projects
    const project = await newProject(world)
    const [first, second] = [await newUser(app, organization), await newUser(app, organization)]
    const member = await users.create(project, { user_id: first.id, role: 'member' })
    assert.deepEqual(member, {
      object: 'organization.project.user',
      id: first.id,
      name: 'Somebody',
      email: first.email,
      role: 'member',
      added_at: member.added_at,
    })
    const owner = await users.create(project, { email: second.email.toUpperCase(), role: 'owner' })
    assert.deepEqual([owner.id, owner.role], [second.id, 'owner'])
    const theirs = app.admin(await newAdminKey(app, organization, second.id)).organization.projects
    assert.equal((await theirs.retrieve(project)).id, project)
    await assert.rejects(theirs.retrieve(organization.defaultProjectId), { status: 404 })

    const again = users.create(project, { user_id: first.id, role: 'owner' })
    await assert.rejects(again, refusal(400, 'user_already_in_project', 'user_id'))
    const already = users.create(project, { email: organization.ownerEmail, role: 'member' })
    await assert.rejects(already, refusal(400, 'user_already_in_project', 'email'))
    const stranger = await newOrganization(app)
    for (const user_id of [unknownLike(first.id), stranger.ownerId]) {
      const wanted = users.create(project, { user_id, role: 'member' })
      await assert.rejects(wanted, refusal(400, 'user_not_in_organization', 'user_id'))
    }
    const outside = users.create(project, { email: stranger.ownerEmail, role: 'member' })
    await assert.rejects(outside, refusal(400, 'user_not_in_organization', 'email'))
    const nobody = users.create(project, { role: 'member' })
    await assert.rejects(nobody, refusal(400, 'missing_required_parameter', 'user_id'))
    const viewer = users.create(project, { user_id: first.id, role: 'viewer' })
    await assert.rejects(viewer, refusal(400, 'invalid_value', 'role'))
    assert.equal((await users.retrieve(first.id, { project_id: project })).role, 'member')
  },

  'organization.projects.users.retrieve': async (world) => {
    const { app, admin, organization } = world
    const project = await newProject(world)
    const { id } = await newUser(app, organization)
    const at = { project_id: project }
    await assert.rejects(admin.projects.users.retrieve(id, at), notFound)
    const added = await admin.projects.users.create(project, { user_id: id, role: 'owner' })
    assert.deepEqual(await admin.projects.users.retrieve(id, at), added)
    const owner = await admin.projects.users.retrieve(organization.ownerId, at)
    assert.deepEqual([owner.role, owner.email], ['owner', organization.ownerEmail])
    const elsewhere = { project_id: organization.defaultProjectId }
    await assert.rejects(admin.projects.users.retrieve(id, elsewhere), notFound)
    const nowhere = { project_id: unknownLike(project) }
    await assert.rejects(admin.projects.users.retrieve(id, nowhere), refusal(404, 'not_found', 'project_id'))
  },

  'organization.projects.users.list': async (world) => {
    const { app, admin, organization } = world
    const project = await newProject(world)
    const [first, second, third] = [
      await newUser(app, organization),
      await newUser(app, organization, 'owner'),
      await newUser(app, organization),
    ]
    await admin.projects.users.create(project, { user_id: third.id, role: 'member' })
    const listed = async () =>
      (await all(admin.projects.users.list(project, { limit: 2 }))).map(({ id, role }) => [id, role])
    const owners = [
      [organization.ownerId, 'owner'],
      [second.id, 'owner'],
    ]
    assert.deepEqual(await listed(), [...owners, [third.id, 'member']])
    // Somebody who becomes an owner of the organization is listed once, as owner; demoted, as what they were before.
    await admin.users.update(third.id, { role: 'owner' })
    assert.deepEqual(await listed(), [...owners, [third.id, 'owner']])
    await admin.users.update(third.id, { role: 'reader' })
    assert.deepEqual(await listed(), [...owners, [third.id, 'member']])
    await assert.rejects(admin.projects.users.retrieve(first.id, { project_id: project }), notFound)
  },

  'organization.projects.users.update': async (world) => {
    const { app, admin, organization } = world
    const project = await newProject(world)
    const { id } = await newUser(app, organization)
    const theirs = app.admin(await newAdminKey(app, organization, id)).organization.projects
    await admin.projects.users.create(project, { user_id: id, role: 'member' })
    await assert.rejects(theirs.retrieve(project), { status: 401 })
    const promoted = await admin.projects.users.update(id, { project_id: project, role: 'owner' })
    assert.equal(promoted.role, 'owner')
    assert.equal((await theirs.update(project, { name: 'ours' })).name, 'ours')
    assert.equal((await admin.projects.users.update(id, { project_id: project, role: null })).role, 'owner')
    await admin.projects.users.update(id, { project_id: project, role: 'member' })
    assert.equal((await admin.projects.users.retrieve(id, { project_id: project })).role, 'member')
    await assert.rejects(theirs.retrieve(project), { status: 401 })

    const owner = admin.projects.users.update(organization.ownerId, { project_id: project, role: 'member' })
    await assert.rejects(owner, isOwner)
    const elsewhere = { project_id: organization.defaultProjectId, role: 'owner' }
    await assert.rejects(admin.projects.users.update(id, elsewhere), notFound)
    const viewer = admin.projects.users.update(id, { project_id: project, role: 'viewer' })
    await assert.rejects(viewer, refusal(400, 'invalid_value', 'role'))
  },

  'organization.projects.users.delete': async (world) => {
    const { app, admin, organization } = world
    const project = await newProject(world)
    const { id } = await newUser(app, organization)
    const at = { project_id: project }
    await admin.projects.users.create(project, { user_id: id, role: 'member' })
    const own = await newProjectKey(app, organization, project, id)
    assert.equal(await opens(app, own.value), null)
    const deleted = await admin.projects.users.delete(id, at)
    assert.deepEqual(deleted, { object: 'organization.project.user.deleted', id, deleted: true })
    assert.match((await opens(app, own.value)) ?? '', /You must be a member/)
    const key = await admin.projects.apiKeys.retrieve(own.id, at)
    assert.deepEqual([key.owner_project_access, key.owner.user?.id], ['inactive', id])
    assert.equal((await admin.users.retrieve(id)).id, id)
    await assert.rejects(admin.projects.users.delete(id, at), notFound)
    await assert.rejects(admin.projects.users.delete(organization.ownerId, at), isOwner)

    await admin.projects.users.create(project, { user_id: id, role: 'member' })
    assert.equal(await opens(app, own.value), null)
  },
}
