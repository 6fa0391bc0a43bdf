import assert from 'node:assert/strict'
import { test } from 'node:test'
import type OpenAI from 'openai'
import { databases } from '../../test/support/databases.ts'
import { startTestApp } from '../../test/support/harness.ts'
import { policyCallers } from '../../test/support/policy-callers.ts'

type Admin = OpenAI['admin']
type Operation = [name: string, call: (admin: Admin, project: string) => Promise<unknown>]

const limit = { threshold_amount: 100, currency: 'USD', interval: 'month' } as const
const alert = { ...limit, notification_channel: { type: 'email' as const, recipients: ['owner@localhost'] } }
const models = { mode: 'deny_list' as const, model_ids: ['echo'] }

/** What only roles of the organization open, although it stands below a project. */
const ruled: Operation[] = [
  ['model permissions, read', ({ organization: o }, id) => o.projects.modelPermissions.retrieve(id)],
  ['hosted tools, read', ({ organization: o }, id) => o.projects.hostedToolPermissions.retrieve(id)],
  ['project retention, read', ({ organization: o }, id) => o.projects.dataRetention.retrieve(id)],
  ['service tiers, read', ({ organization: o }, id) => o.projects.serviceTierSettings.retrieve(id)],
  ['project spend limit, read', ({ organization: o }, id) => o.projects.spendLimit.retrieve(id)],
]
const ruledChanges: Operation[] = [
  ['model permissions, set', ({ organization: o }, id) => o.projects.modelPermissions.update(id, models)],
  [
    'hosted tools, set',
    ({ organization: o }, id) => o.projects.hostedToolPermissions.update(id, { mcp: { enabled: true } }),
  ],
  [
    'project retention, set',
    ({ organization: o }, id) => o.projects.dataRetention.update(id, { retention_type: 'none' }),
  ],
  ['service tiers, set', ({ organization: o }, id) => o.projects.serviceTierSettings.update(id, { default: 'fast' })],
  ['project spend limit, set', ({ organization: o }, id) => o.projects.spendLimit.update(id, limit)],
  ['model permissions, delete', ({ organization: o }, id) => o.projects.modelPermissions.delete(id)],
  ['project spend limit, delete', ({ organization: o }, id) => o.projects.spendLimit.delete(id)],
]
const alerts: Operation[] = [
  ['project alerts, list', async ({ organization: o }, id) => o.projects.spendAlerts.list(id)],
  ['project alerts, read', ({ organization: o }, id) => o.projects.spendAlerts.retrieve(anAlert, { project_id: id })],
]
const alertChanges: Operation[] = [
  ['project alerts, create', ({ organization: o }, id) => o.projects.spendAlerts.create(id, alert)],
  [
    'project alerts, update',
    ({ organization: o }, id) => o.projects.spendAlerts.update(anAlert, { project_id: id, ...alert }),
  ],
  ['project alerts, delete', ({ organization: o }, id) => o.projects.spendAlerts.delete(anAlert, { project_id: id })],
]
const whole: Operation[] = [
  ['retention, read', ({ organization: o }) => o.dataRetention.retrieve()],
  ['spend limit, read', ({ organization: o }) => o.spendLimit.retrieve()],
  ['alerts, list', async ({ organization: o }) => o.spendAlerts.list()],
  ['alerts, read', ({ organization: o }) => o.spendAlerts.retrieve(anAlert)],
]
const wholeChanges: Operation[] = [
  ['retention, set', ({ organization: o }) => o.dataRetention.update({ retention_type: 'zero_data_retention' })],
  ['spend limit, set', ({ organization: o }) => o.spendLimit.update(limit)],
  ['spend limit, delete', ({ organization: o }) => o.spendLimit.delete()],
  ['alerts, create', ({ organization: o }) => o.spendAlerts.create(alert)],
  ['alerts, update', ({ organization: o }) => o.spendAlerts.update(anAlert, alert)],
  ['alerts, delete', ({ organization: o }) => o.spendAlerts.delete(anAlert)],
]
/** An alert's id that names nothing: whoever is let in learns just that. */
const anAlert = 'alert_000000000000000000000000'
const all = [...ruled, ...ruledChanges, ...alerts, ...alertChanges, ...whole, ...wholeChanges]

for (const database of databases) {
  test(`${database}: who may see and change settings`, async (t) => {
    await using app = await startTestApp({ database })
    const people = await policyCallers(app)

    /** How it ends: `allowed` where it was done or only something unset or unknown stood in its way. */
    async function outcome(key: string | undefined, [, call]: Operation, project = people.projectId): Promise<string> {
      try {
        await call(app.admin(key), project)
        return 'allowed'
      } catch (error) {
        const { status, code, param, message } = error as { [name in 'status' | 'code' | 'param' | 'message']: unknown }
        if (status === 404 && (param !== 'project_id' || !String(message).includes('No such project'))) return 'allowed'
        if (status === 401) return /Missing scopes: (\S+)\./.exec(String(message))?.[1] ?? 'unknown key'
        return `${status} ${code}`
      }
    }

    async function expect(key: string | undefined, operations: Operation[], wanted: string, project?: string) {
      for (const operation of operations)
        assert.equal(await outcome(key, operation, project), wanted, `${operation[0]} ${project ?? ''}`)
    }

    await t.test("the organization's owner may do all of it", () => expect(undefined, all, 'allowed'))

    await t.test("a project's owner manages its alerts, and rules over nothing else it spends or uses", async () => {
      await expect(people.projectOwner, [...alerts, ...alertChanges], 'allowed')
      await expect(people.projectOwner, [...ruled, ...whole], 'api.management.read')
      await expect(people.projectOwner, [...ruledChanges, ...wholeChanges], 'api.management.write')
    })

    await t.test("a project's member sees and changes nothing", async () => {
      await expect(people.projectMember, [...ruled, ...alerts, ...whole], 'api.management.read')
      await expect(people.projectMember, [...ruledChanges, ...alertChanges, ...wholeChanges], 'api.management.write')
    })

    await t.test(
      'a reader of the organization without a role in the project is not told that there is one',
      async () => {
        await expect(people.reader, [...ruled, ...ruledChanges, ...alerts, ...alertChanges], '404 not_found')
        await expect(people.reader, whole, 'api.management.read')
        await expect(people.reader, wholeChanges, 'api.management.write')
      },
    )

    await t.test('a key narrowed to reading changes nothing', async () => {
      await expect(people.readOnly, [...ruled, ...alerts, ...whole], 'allowed')
      await expect(people.readOnly, [...ruledChanges, ...alertChanges, ...wholeChanges], 'api.management.write')
    })

    await t.test("another organization's owner does not find the project", async () => {
      await expect(people.stranger, [...ruled, ...ruledChanges, ...alerts, ...alertChanges], '404 not_found')
    })

    await t.test("another organization's settings and alerts are its own", async () => {
      const { organization } = app.admin()
      const stranger = app.admin(people.stranger).organization
      await organization.spendLimit.update(limit)
      await organization.dataRetention.update({ retention_type: 'enhanced_zero_data_retention' })
      const { id } = await organization.spendAlerts.create(alert)
      await assert.rejects(stranger.spendLimit.retrieve(), { status: 404 })
      assert.equal((await stranger.dataRetention.retrieve()).type, 'modified_abuse_monitoring')
      assert.deepEqual((await stranger.spendAlerts.list()).data, [])
      await assert.rejects(stranger.spendAlerts.retrieve(id), { status: 404, code: 'not_found', param: 'alert_id' })
      await assert.rejects(stranger.spendAlerts.update(id, alert), { status: 404 })
      await assert.rejects(stranger.spendAlerts.delete(id), { status: 404 })
      assert.equal((await organization.spendAlerts.retrieve(id)).id, id)
    })

    await t.test('an archived project can be looked at and refuses every change', async () => {
      const { projects } = app.admin().organization
      const { id } = await projects.create({ name: 'over' })
      await projects.spendLimit.update(id, limit)
      await projects.archive(id)
      await expect(undefined, [...ruled, ...alerts], 'allowed', id)
      await expect(undefined, [...ruledChanges, ...alertChanges], '400 project_archived', id)
      assert.equal((await projects.spendLimit.retrieve(id)).threshold_amount, 100)
    })
  })
}
