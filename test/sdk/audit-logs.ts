import assert from 'node:assert/strict'
import type OpenAI from 'openai'
import { newOrganization } from '../contract/organizations.ts'
import { all, refusal, type Scenario } from './scenario.ts'

export const auditLogScenarios: Record<string, Scenario> = {
  'organization.auditLogs.list': async ({ app, admin, organization }) => {
    const project = await admin.projects.create({ name: 'before' })
    await admin.projects.update(project.id, { name: 'after' })
    const account = await admin.projects.serviceAccounts.create(project.id, { name: 'bot' })
    const logs = await all(admin.auditLogs.list({ limit: 2 }))
    const types = logs.map(({ type }) => type)
    assert.deepEqual(types.filter((type) => type.startsWith('project.')).slice(0, 2), [
      'project.updated',
      'project.created',
    ])
    assert.deepEqual(
      logs.map(({ effective_at }) => effective_at),
      logs.map(({ effective_at }) => effective_at).toSorted((a, b) => b - a),
    )

    const [log] = (await admin.auditLogs.list({ resource_ids: [account.id] })).data
    assert.equal(log?.type, 'service_account.created')
    assert.deepEqual(log['service_account.created'], { id: account.id, data: { role: 'member' } })
    assert.deepEqual(log.project, { id: project.id, name: 'after' })
    assert.deepEqual(log.actor, {
      type: 'api_key',
      api_key: {
        id: organization.keyId,
        type: 'user',
        user: { id: organization.ownerId, email: organization.ownerEmail },
      },
    })
    const of = { resource_ids: [project.id] }
    const found = async (query: OpenAI.Admin.Organization.AuditLogListParams) =>
      (await all(admin.auditLogs.list({ ...of, ...query }))).map(({ type }) => type)
    const both = ['project.updated', 'project.created']
    assert.deepEqual(await found({}), both)
    assert.deepEqual(await found({ event_types: ['project.created'] }), ['project.created'])
    assert.deepEqual(await found({ project_ids: [project.id] }), ['project.updated'])
    assert.deepEqual(
      await found({ actor_ids: [organization.ownerId], effective_at: { gte: project.created_at } }),
      both,
    )
    assert.deepEqual(await found({ actor_emails: ['somebody@example.com'] }), [])
    assert.deepEqual(await found({ effective_at: { lt: project.created_at } }), [])

    const newest = logs[0]?.id ?? ''
    const page = await admin.auditLogs.list({ after: newest, limit: 1 })
    assert.deepEqual([page.data[0]?.id, page.has_more], [logs[1]?.id, true])
    assert.equal((await admin.auditLogs.list({ before: logs[1]?.id ?? '' })).data[0]?.id, newest)
    await assert.rejects(admin.auditLogs.list({ limit: 101 }), refusal(400, 'integer_above_max_value', 'limit'))
    const stranger = await newOrganization(app)
    assert.deepEqual((await stranger.admin.auditLogs.list(of)).data, [])
  },
}
