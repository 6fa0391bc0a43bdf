import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases } from '../../test/support/databases.ts'
import { startTestApp } from '../../test/support/harness.ts'
import { modelsFile } from '../../test/support/models-file.ts'
import { auditRows } from '../../test/support/policy-callers.ts'

const known = ['o3', 'o1', 'gpt-4.1', 'org/name', 'ft:gpt-4o:acme::x1']
const everybodys = { projects: ['*'] }
const many = (count: number) => Array.from({ length: count }, (_, i) => `m${i}`)

for (const database of databases) {
  test(`${database}: model permissions`, async (t) => {
    await using file = await modelsFile(Object.fromEntries([...known, ...many(1000)].map((id) => [id, everybodys])))
    await using app = await startTestApp({ database, env: { GATEHOUSE_CONFIG: file.path } })
    const { projects } = app.admin().organization
    const { modelPermissions } = projects
    const fresh = async () => (await projects.create({ name: 'models' })).id
    const none = { status: 404, code: 'not_found', param: 'project_id' }

    await t.test('a project without any answers 404 to a look and to a deletion', async () => {
      const project = await fresh()
      await assert.rejects(modelPermissions.retrieve(project), none)
      await assert.rejects(modelPermissions.delete(project), none)
      // A setting of another kind does not make it look as if there were some.
      await projects.dataRetention.update(project, { retention_type: 'none' })
      await assert.rejects(modelPermissions.retrieve(project), none)
    })

    await t.test('what is set replaces what was, in the order given, and can be deleted once', async () => {
      const project = await fresh()
      const first = { mode: 'allow_list' as const, model_ids: ['o3', 'gpt-4.1', 'org/name', 'ft:gpt-4o:acme::x1'] }
      const expected = { object: 'project.model_permissions', ...first }
      assert.deepEqual(await modelPermissions.update(project, first), expected)
      assert.deepEqual(await modelPermissions.retrieve(project), expected)
      const second = { mode: 'deny_list' as const, model_ids: [] }
      await modelPermissions.update(project, second)
      assert.deepEqual(await modelPermissions.retrieve(project), { object: 'project.model_permissions', ...second })
      assert.deepEqual(await modelPermissions.delete(project), {
        object: 'project.model_permissions.deleted',
        deleted: true,
      })
      await assert.rejects(modelPermissions.retrieve(project), none)
      await assert.rejects(modelPermissions.delete(project), none)
    })

    await t.test('what cannot be meant is refused by name and changes nothing', async () => {
      const project = await fresh()
      const cases: [body: object, code: string, param: string][] = [
        [{ mode: 'allowlist', model_ids: [] }, 'invalid_value', 'mode'],
        [{ mode: null, model_ids: [] }, 'invalid_type', 'mode'],
        [{ model_ids: [] }, 'missing_required_parameter', 'mode'],
        [{ mode: 'allow_list' }, 'missing_required_parameter', 'model_ids'],
        [{ mode: 'allow_list', model_ids: 'o3' }, 'invalid_type', 'model_ids'],
        [{ mode: 'allow_list', model_ids: null }, 'invalid_type', 'model_ids'],
        [{ mode: 'allow_list', model_ids: ['o3', 7] }, 'invalid_type', 'model_ids[1]'],
        [{ mode: 'allow_list', model_ids: ['o3', 'o1', 'o3'] }, 'invalid_value', 'model_ids[2]'],
        [{ mode: 'allow_list', model_ids: ['o3', 'nobody'] }, 'invalid_value', 'model_ids[1]'],
        [{ mode: 'allow_list', model_ids: [''] }, 'string_below_min_length', 'model_ids[0]'],
        [{ mode: 'allow_list', model_ids: ['x'.repeat(256)] }, 'string_above_max_length', 'model_ids[0]'],
        [{ mode: 'allow_list', model_ids: ['a b'] }, 'invalid_value', 'model_ids[0]'],
        [{ mode: 'allow_list', model_ids: ['a\u0000'] }, 'invalid_value', 'model_ids[0]'],
        [{ mode: 'allow_list', model_ids: many(1001) }, 'array_above_max_length', 'model_ids'],
        [{ mode: 'allow_list', model_ids: [], models: [] }, 'unknown_parameter', 'models'],
      ]
      for (const [body, code, param] of cases) {
        await assert.rejects(modelPermissions.update(project, body as never), { status: 400, code, param }, param)
      }
      await assert.rejects(modelPermissions.retrieve(project), none)
      await modelPermissions.update(project, { mode: 'allow_list', model_ids: many(1000) })
      assert.equal((await modelPermissions.retrieve(project)).model_ids.length, 1000)
    })

    await t.test('of callers who set them at once one wins whole, and of those who delete them one', async () => {
      const project = await fresh()
      const wanted = Array.from({ length: 8 }, (_, i) => ({
        mode: i % 2 ? ('allow_list' as const) : ('deny_list' as const),
        model_ids: [`m${i}`],
      }))
      await Promise.all(wanted.map((body) => modelPermissions.update(project, body)))
      const { mode, model_ids } = await modelPermissions.retrieve(project)
      assert.ok(wanted.some((body) => body.mode === mode && body.model_ids[0] === model_ids[0]))
      const deletions = await Promise.allSettled(wanted.map(() => modelPermissions.delete(project)))
      assert.equal(deletions.filter(({ status }) => status === 'fulfilled').length, 1)
    })

    await t.test('every change is in the audit log as a change of the project', async () => {
      const project = await fresh()
      const body = { mode: 'allow_list' as const, model_ids: ['o3'] }
      await modelPermissions.update(project, body)
      await modelPermissions.delete(project)
      await assert.rejects(modelPermissions.delete(project), none)
      const rows = await auditRows(app, project, 'project.updated')
      assert.deepEqual(
        rows.map(({ payload, project_id }) => [project_id, payload]),
        [
          [project, { id: project, changes_requested: { model_permissions: body } }],
          [project, { id: project, changes_requested: { model_permissions: null } }],
        ],
      )
    })
  })
}
