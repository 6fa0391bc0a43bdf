import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases } from '../../test/support/databases.ts'
import { startTestApp } from '../../test/support/harness.ts'
import { auditRows } from '../../test/support/policy-callers.ts'

const types = [
  'zero_data_retention',
  'modified_abuse_monitoring',
  'enhanced_zero_data_retention',
  'enhanced_modified_abuse_monitoring',
] as const
const projectTypes = ['organization_default', 'none', ...types] as const

for (const database of databases) {
  test(`${database}: data retention`, async (t) => {
    await using app = await startTestApp({ database })
    const { projects, dataRetention } = app.admin().organization
    const fresh = async () => (await projects.create({ name: 'retained' })).id

    await t.test(
      'without a setting the organization has its default, and a project that of the organization',
      async () => {
        assert.deepEqual(await dataRetention.retrieve(), {
          object: 'organization.data_retention',
          type: 'modified_abuse_monitoring',
        })
        assert.deepEqual(await projects.dataRetention.retrieve(await fresh()), {
          object: 'project.data_retention',
          type: 'organization_default',
        })
      },
    )

    await t.test('every published type can be set and is what is read then', async () => {
      for (const type of types) {
        const reply = { object: 'organization.data_retention', type }
        assert.deepEqual(await dataRetention.update({ retention_type: type }), reply)
        assert.deepEqual(await dataRetention.retrieve(), reply)
      }
      const project = await fresh()
      for (const type of projectTypes) {
        const reply = { object: 'project.data_retention', type }
        assert.deepEqual(await projects.dataRetention.update(project, { retention_type: type }), reply)
        assert.deepEqual(await projects.dataRetention.retrieve(project), reply)
      }
    })

    await t.test('what cannot be meant is refused by name and changes nothing', async () => {
      const project = await fresh()
      const { type } = await dataRetention.retrieve()
      const cases: [body: object, code: string, param: string][] = [
        [{}, 'missing_required_parameter', 'retention_type'],
        [{ retention_type: null }, 'invalid_type', 'retention_type'],
        [{ retention_type: 'forever' }, 'invalid_value', 'retention_type'],
        [{ retention_type: ['none'] }, 'invalid_type', 'retention_type'],
        [{ type: 'zero_data_retention' }, 'unknown_parameter', 'type'],
      ]
      for (const [body, code, param] of cases) {
        const refusal = { status: 400, code, param }
        await assert.rejects(dataRetention.update(body as never), refusal)
        await assert.rejects(projects.dataRetention.update(project, body as never), refusal)
      }
      for (const retention_type of ['none', 'organization_default'])
        await assert.rejects(dataRetention.update({ retention_type } as never), { code: 'invalid_value' })
      assert.equal((await dataRetention.retrieve()).type, type)
      assert.equal((await projects.dataRetention.retrieve(project)).type, 'organization_default')
    })

    await t.test('of callers who set it at once one wins', async () => {
      const project = await fresh()
      await Promise.all([
        ...types.map((retention_type) => dataRetention.update({ retention_type })),
        ...types.map((retention_type) => projects.dataRetention.update(project, { retention_type })),
      ])
      assert.ok(types.includes((await dataRetention.retrieve()).type))
      assert.notEqual((await projects.dataRetention.retrieve(project)).type, 'organization_default')
    })

    await t.test('changes are in the audit log, of a project and of the organization each under its own', async () => {
      const project = await fresh()
      const organization = await app.db.selectFrom('organization').selectAll().executeTakeFirstOrThrow()
      const earlier = await auditRows(app, organization.id, 'organization.updated')
      await projects.dataRetention.update(project, { retention_type: 'none' })
      await dataRetention.update({ retention_type: 'zero_data_retention' })
      const changed = (await auditRows(app, project, 'project.updated')).map(({ payload }) => payload)
      assert.deepEqual(changed, [{ id: project, changes_requested: { data_retention: { retention_type: 'none' } } }])
      const [row] = (await auditRows(app, organization.id, 'organization.updated')).slice(earlier.length)
      assert.equal(row?.project_id, organization.default_project_id)
      assert.deepEqual(row?.payload, {
        id: organization.id,
        changes_requested: { data_retention: { retention_type: 'zero_data_retention' } },
      })
    })
  })
}
