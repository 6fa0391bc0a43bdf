import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases } from '../../test/support/databases.ts'
import { startTestApp } from '../../test/support/harness.ts'
import { auditRows } from '../../test/support/policy-callers.ts'

const object = 'project.service_tier_settings'

for (const database of databases) {
  test(`${database}: service tier settings`, async (t) => {
    await using app = await startTestApp({ database })
    const { projects } = app.admin().organization
    const { serviceTierSettings } = projects
    const fresh = async () => (await projects.create({ name: 'tiers' })).id

    await t.test('without a setting the default is Standard and every tier is enabled', async () => {
      assert.deepEqual(await serviceTierSettings.retrieve(await fresh()), {
        object,
        default: 'standard',
        enabled_tiers: 'all',
      })
    })

    await t.test('an omitted field keeps its value', async () => {
      const project = await fresh()
      assert.deepEqual(await serviceTierSettings.update(project, { enabled_tiers: ['ultrafast', 'flex'] }), {
        object,
        default: 'standard',
        enabled_tiers: ['ultrafast', 'flex'],
      })
      await serviceTierSettings.update(project, { default: 'scale' })
      assert.deepEqual(await serviceTierSettings.retrieve(project), {
        object,
        default: 'scale',
        enabled_tiers: ['ultrafast', 'flex'],
      })
      await serviceTierSettings.update(project, { enabled_tiers: [] })
      assert.deepEqual((await serviceTierSettings.retrieve(project)).enabled_tiers, [])
      assert.deepEqual(await serviceTierSettings.update(project, { default: 'fast', enabled_tiers: 'all' }), {
        object,
        default: 'fast',
        enabled_tiers: 'all',
      })
    })

    await t.test('what cannot be meant is refused by name and changes nothing', async () => {
      const project = await fresh()
      const cases: [body: object, code: string, param: string][] = [
        [{}, 'missing_required_parameter', 'default'],
        [{ default: 'flex' }, 'invalid_value', 'default'],
        [{ default: null }, 'invalid_type', 'default'],
        [{ default: 'fast', enabled_tiers: 'some' }, 'invalid_value', 'enabled_tiers'],
        [{ enabled_tiers: null }, 'invalid_type', 'enabled_tiers'],
        [{ enabled_tiers: 3 }, 'invalid_type', 'enabled_tiers'],
        [{ enabled_tiers: ['flex', 'standard'] }, 'invalid_value', 'enabled_tiers[1]'],
        [{ enabled_tiers: ['all'] }, 'invalid_value', 'enabled_tiers[0]'],
        [{ enabled_tiers: ['flex', 'flex'] }, 'invalid_value', 'enabled_tiers'],
        [{ enabled_tiers: Array(1000).fill('flex') }, 'array_above_max_length', 'enabled_tiers'],
        [{ tiers: [] }, 'unknown_parameter', 'tiers'],
      ]
      for (const [body, code, param] of cases) {
        await assert.rejects(
          serviceTierSettings.update(project, body as never),
          { status: 400, code, param },
          JSON.stringify(body),
        )
      }
      await assert.rejects(serviceTierSettings.update(project, { enabled_tiers: 'some' } as never), {
        message: "400 Invalid value: 'some'. Supported values are: 'all'.",
      })
      assert.deepEqual(await serviceTierSettings.retrieve(project), {
        object,
        default: 'standard',
        enabled_tiers: 'all',
      })
    })

    await t.test('callers who change different fields at once do not undo each other', async () => {
      const project = await fresh()
      await Promise.all([
        serviceTierSettings.update(project, { default: 'fast' }),
        serviceTierSettings.update(project, { enabled_tiers: ['fast'] }),
        projects.spendLimit.update(project, { threshold_amount: 1, currency: 'USD', interval: 'month' }),
        projects.modelPermissions.update(project, { mode: 'deny_list', model_ids: [] }),
      ])
      assert.deepEqual(await serviceTierSettings.retrieve(project), {
        object,
        default: 'fast',
        enabled_tiers: ['fast'],
      })
      assert.equal((await projects.spendLimit.retrieve(project)).threshold_amount, 1)
      assert.equal((await projects.modelPermissions.retrieve(project)).mode, 'deny_list')
    })

    await t.test('the audit log says what was asked for', async () => {
      const project = await fresh()
      await serviceTierSettings.update(project, { enabled_tiers: ['flex'] })
      assert.deepEqual(
        (await auditRows(app, project, 'project.updated')).map(({ payload }) => payload),
        [{ id: project, changes_requested: { service_tier_settings: { enabled_tiers: ['flex'] } } }],
      )
    })
  })
}
