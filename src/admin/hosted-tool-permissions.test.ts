import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases } from '../../test/support/databases.ts'
import { startTestApp } from '../../test/support/harness.ts'
import { auditRows } from '../../test/support/policy-callers.ts'

const tools = ['code_interpreter', 'file_search', 'image_generation', 'mcp', 'web_search'] as const
const on = { enabled: true }
const off = { enabled: false }
const allOn = { code_interpreter: on, file_search: on, image_generation: on, mcp: on, web_search: on }

for (const database of databases) {
  test(`${database}: hosted tool permissions`, async (t) => {
    await using app = await startTestApp({ database })
    const { projects } = app.admin().organization
    const { hostedToolPermissions } = projects
    const fresh = async () => (await projects.create({ name: 'tools' })).id

    await t.test('every tool is enabled until told otherwise', async () => {
      assert.deepEqual(await hostedToolPermissions.retrieve(await fresh()), allOn)
    })

    await t.test('omitted and null leave a tool as it was', async () => {
      const project = await fresh()
      assert.deepEqual(await hostedToolPermissions.update(project, { mcp: off, web_search: off }), {
        ...allOn,
        mcp: off,
        web_search: off,
      })
      const changed = { ...allOn, mcp: off }
      assert.deepEqual(
        await hostedToolPermissions.update(project, { mcp: null, file_search: null, web_search: on }),
        changed,
      )
      assert.deepEqual(await hostedToolPermissions.update(project, {}), changed)
      assert.deepEqual(await hostedToolPermissions.retrieve(project), changed)
    })

    await t.test('what cannot be meant is refused by name and changes nothing', async () => {
      const project = await fresh()
      const cases: [body: object, code: string, param: string][] = [
        [{ mcp: {} }, 'missing_required_parameter', 'mcp.enabled'],
        [{ mcp: { enabled: null } }, 'invalid_type', 'mcp.enabled'],
        [{ mcp: { enabled: 'false' } }, 'invalid_type', 'mcp.enabled'],
        [{ mcp: false }, 'invalid_type', 'mcp'],
        [{ mcp: [] }, 'invalid_type', 'mcp'],
        [{ mcp: { enabled: false, enable: true } }, 'unknown_parameter', 'mcp.enable'],
        [{ mcp: off, computer_use: off }, 'unknown_parameter', 'computer_use'],
      ]
      for (const [body, code, param] of cases) {
        await assert.rejects(hostedToolPermissions.update(project, body as never), { status: 400, code, param }, param)
      }
      assert.deepEqual(await hostedToolPermissions.retrieve(project), allOn)
    })

    await t.test('callers who change different tools at once do not undo each other', async () => {
      const project = await fresh()
      await Promise.all(tools.map((tool) => hostedToolPermissions.update(project, { [tool]: off })))
      const allOff = { code_interpreter: off, file_search: off, image_generation: off, mcp: off, web_search: off }
      assert.deepEqual(await hostedToolPermissions.retrieve(project), allOff)
    })

    await t.test('the audit log says which tools were changed', async () => {
      const project = await fresh()
      await hostedToolPermissions.update(project, { mcp: off, web_search: null })
      assert.deepEqual(
        (await auditRows(app, project, 'project.updated')).map(({ payload }) => payload),
        [{ id: project, changes_requested: { hosted_tool_permissions: { mcp: off } } }],
      )
    })
  })
}
