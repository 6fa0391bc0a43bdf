import assert from 'node:assert/strict'
import { newEmail, newOrganization } from '../contract/organizations.ts'
import { command } from '../support/command.ts'
import { startTestApp } from '../support/harness.ts'
import { all, refusal, type Scenario, unknownLike, type World } from './scenario.ts'

const WEEK = 7 * 24 * 3600
const notFound = refusal(404, 'not_found', 'invite_id')

/** Takes an invite's link and accepts it, as the person who got it would. */
async function accept({ app, organization }: Pick<World, 'app' | 'organization'>, invite: string) {
  const { token } = await command(app, 'invite', 'link', invite, '--org', organization.id)
  const body = { token, name: 'Newcomer' }
  return app.send('POST', '/v1/organization/invites/accept', { key: null, body })
}

export const inviteScenarios: Record<string, Scenario> = {
  'organization.invites.create': async (world) => {
    const { app, admin } = world
    const email = newEmail('Guest')
    const invite = await admin.invites.create({ email, role: 'reader' })
    assert.equal(invite.object, 'organization.invite')
    assert.deepEqual([invite.email, invite.role, invite.status], [email, 'reader', 'pending'])
    assert.equal(invite.expires_at, invite.created_at + WEEK)
    assert.equal(invite.accepted_at, null)
    assert.deepEqual(invite.projects, [], 'none was asked for, whatever follows')

    const project = await admin.projects.create({ name: 'for guests' })
    const projects = [{ id: project.id, role: 'owner' as const }]
    const newer = await admin.invites.create({ email: email.toLowerCase(), role: 'owner', projects })
    assert.deepEqual(newer.projects, projects)
    await assert.rejects(admin.invites.retrieve(invite.id), notFound)
    const reply = await accept(world, newer.id)
    assert.equal(reply.status, 200)
    assert.equal((await admin.users.retrieve(reply.body.id)).role, 'owner')
    assert.equal((await admin.projects.users.retrieve(reply.body.id, { project_id: project.id })).role, 'owner')
    const accepted = admin.invites.create({ email: email.toUpperCase(), role: 'reader' })
    await assert.rejects(accepted, refusal(400, 'user_already_in_organization', 'email'))

    const bare = await admin.invites.create({ email: newEmail(), role: 'reader', projects: [] })
    assert.deepEqual(bare.projects, [])
    const stranger = await newOrganization(app)
    for (const id of [unknownLike(project.id), stranger.defaultProjectId]) {
      const wanted = admin.invites.create({
        email: newEmail(),
        role: 'reader',
        projects: [...projects, { id, role: 'member' }],
      })
      await assert.rejects(wanted, refusal(400, 'invalid_value', 'projects[1].id'))
    }
    const twice = admin.invites.create({ email: newEmail(), role: 'reader', projects: [...projects, ...projects] })
    await assert.rejects(twice, refusal(400, 'invalid_value', 'projects[1].id'))
    await admin.projects.archive(project.id)
    const late = admin.invites.create({ email: newEmail(), role: 'reader', projects })
    await assert.rejects(late, refusal(400, 'project_archived', 'projects[0].id'))
  },

  'organization.invites.retrieve': async (world) => {
    const { app, admin, database } = world
    const invite = await admin.invites.create({ email: newEmail(), role: 'reader' })
    assert.deepEqual(await admin.invites.retrieve(invite.id), invite)
    await accept(world, invite.id)
    const accepted = await admin.invites.retrieve(invite.id)
    assert.equal(accepted.status, 'accepted')
    assert.ok(typeof accepted.accepted_at === 'number' && accepted.accepted_at >= accepted.created_at)
    await assert.rejects(admin.invites.retrieve(unknownLike(invite.id)), notFound)
    const stranger = await newOrganization(app)
    await assert.rejects(stranger.admin.invites.retrieve(invite.id), notFound)

    await using own = await startTestApp({ database })
    const { invites } = own.admin().organization
    const { id } = await invites.create({ email: newEmail(), role: 'reader' })
    const { token } = await command(own, 'invite', 'link', id)
    own.advance(WEEK)
    assert.equal((await invites.retrieve(id)).status, 'expired')
    const late = await own.send('POST', '/v1/organization/invites/accept', { key: null, body: { token, name: 'Late' } })
    assert.deepEqual([late.status, late.body.error.code], [404, 'not_found'])
  },

  'organization.invites.list': async (world) => {
    const { app, admin, organization } = world
    const first = await admin.invites.create({ email: newEmail(), role: 'reader' })
    const second = await admin.invites.create({ email: newEmail(), role: 'owner', projects: [] })
    const third = await admin.invites.create({ email: newEmail(), role: 'reader' })
    await accept(world, second.id)
    const listed = await all(admin.invites.list({ limit: 2 }))
    assert.deepEqual(
      listed.map(({ id, status }) => [id, status]),
      [
        [first.id, 'pending'],
        [second.id, 'accepted'],
        [third.id, 'pending'],
      ],
    )
    const newcomers = await all(admin.users.list())
    assert.equal(newcomers.length, 2)
    assert.deepEqual(newcomers[0]?.id, organization.ownerId)
    const stranger = await newOrganization(app)
    assert.deepEqual(await all(stranger.admin.invites.list()), [])
  },

  'organization.invites.delete': async (world) => {
    const { app, admin, organization } = world
    const invite = await admin.invites.create({ email: newEmail(), role: 'reader' })
    const { token } = await command(app, 'invite', 'link', invite.id, '--org', organization.id)
    const deleted = await admin.invites.delete(invite.id)
    assert.deepEqual(deleted, { object: 'organization.invite.deleted', id: invite.id, deleted: true })
    const body = { token, name: 'Too late' }
    const reply = await app.send('POST', '/v1/organization/invites/accept', { key: null, body })
    assert.deepEqual([reply.status, reply.body.error.param], [404, 'token'])
    await assert.rejects(admin.invites.delete(invite.id), notFound)

    const used = await admin.invites.create({ email: newEmail(), role: 'reader' })
    await accept(world, used.id)
    await assert.rejects(admin.invites.delete(used.id), refusal(400, 'invite_already_accepted', 'invite_id'))
    assert.equal((await admin.invites.retrieve(used.id)).status, 'accepted')
    const stranger = await newOrganization(app)
    const other = await admin.invites.create({ email: newEmail(), role: 'reader' })
    await assert.rejects(stranger.admin.invites.delete(other.id), notFound)
    assert.equal((await admin.invites.retrieve(other.id)).status, 'pending')
  },
}
