import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { newAdminKey, newOrganization, newUser } from '../../test/contract/organizations.ts'
import { clientOf } from '../../test/support/client.ts'
import { databases } from '../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'
import { contract } from '../contract/index.ts'
import { NANOS_PER_CENT } from '../core/money.ts'
import { monthOf } from '../core/month.ts'
import { addSpend } from '../db/spend.ts'

for (const database of databases) {
  describe(`what was spent of limits on ${database}`, () => {
    let app: TestApp
    before(async () => {
      app = await startTestApp({ database })
    })
    after(() => app[Symbol.asyncDispose]())

    test('is told of this month, begun cents as whole ones, and of the organization to whoever may see that', async () => {
      const own = await newOrganization(app)
      const { projects, spendLimit } = own.admin
      const { id: project_id } = await projects.create({ name: 'spends' })
      const ask = (key: string) => clientOf(app, key)(contract.spendUse.retrieve, { params: { project_id } })
      const askAll = (key: string) => clientOf(app, key)(contract.spendUse.organization, {})
      const month = monthOf(Date.now())
      const nothing = { threshold_amount: null, spent_amount: 0, remaining_amount: null }
      assert.deepEqual(await ask(own.key), {
        object: 'project.spend_limit.usage',
        month: month.name,
        resets_at: month.to / 1000,
        limits: [
          { scope: 'organization', ...nothing },
          { scope: 'project', ...nothing },
        ],
      })
      assert.deepEqual(await askAll(own.key), {
        object: 'organization.spend_limit.usage',
        month: month.name,
        resets_at: month.to / 1000,
        limits: [{ scope: 'organization', ...nothing }],
      })
      const spent = (of: string, amount_nano: bigint, name = month.name) => {
        return { organization_id: own.id, project_id: of, month: name, amount_nano }
      }
      await addSpend(app.db, [
        spent('', 700n * NANOS_PER_CENT),
        spent(project_id, 20n * NANOS_PER_CENT + 1n),
        spent(project_id, 999n * NANOS_PER_CENT, '2001-01'),
      ])
      const limit = { currency: 'USD' as const, interval: 'month' as const }
      await spendLimit.update({ threshold_amount: 500, ...limit })
      await projects.spendLimit.update(project_id, { threshold_amount: 100, ...limit })
      const project = { scope: 'project', threshold_amount: 100, spent_amount: 21, remaining_amount: 79 }
      const organization = { scope: 'organization', threshold_amount: 500, spent_amount: 700, remaining_amount: 0 }
      assert.deepEqual((await ask(own.key)).limits, [organization, project])
      assert.deepEqual((await askAll(own.key)).limits, [organization])

      const { id: user_id } = await newUser(app, own)
      await projects.users.create(project_id, { user_id, role: 'owner' })
      const managers = await newAdminKey(app, own, user_id)
      assert.deepEqual((await ask(managers)).limits, [project])
      await assert.rejects(askAll(managers), { status: 401, message: /Missing scopes: api\.management\.read/ })
      await projects.users.update(user_id, { project_id, role: 'member' })
      await assert.rejects(ask(managers), { status: 401, message: /Missing scopes: api\.management\.read/ })
    })
  })
}
