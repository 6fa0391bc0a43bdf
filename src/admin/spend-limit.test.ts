import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases } from '../../test/support/databases.ts'
import { startTestApp } from '../../test/support/harness.ts'
import { auditRows } from '../../test/support/policy-callers.ts'
import { monthOf } from '../core/month.ts'
import { recordUsage } from '../db/usage.ts'

const MOST = 100_000_000_000
const usd = { currency: 'USD', interval: 'month' } as const

for (const database of databases) {
  test(`${database}: spend limits`, async (t) => {
    await using app = await startTestApp({ database })
    const { projects, spendLimit } = app.admin().organization
    const fresh = async () => (await projects.create({ name: 'limited' })).id
    const none = { status: 404, code: 'not_found' }

    /** The two levels behave alike. */
    const levels = [
      {
        name: 'organization',
        retrieve: () => spendLimit.retrieve(),
        set: (_project: string, body: unknown) => spendLimit.update(body as never),
        remove: () => spendLimit.delete(),
      },
      {
        name: 'project',
        retrieve: (project: string) => projects.spendLimit.retrieve(project),
        set: (project: string, body: unknown) => projects.spendLimit.update(project, body as never),
        remove: (project: string) => projects.spendLimit.delete(project),
      },
    ]

    for (const { name, retrieve, set, remove } of levels) {
      await t.test(`${name}: there is none until one is set, and none after it is deleted`, async () => {
        const project = await fresh()
        await assert.rejects(retrieve(project), none)
        await assert.rejects(remove(project), none)
        await set(project, { threshold_amount: 1, ...usd })
        assert.deepEqual(await remove(project), { object: `${name}.spend_limit.deleted`, deleted: true })
        await assert.rejects(retrieve(project), none)
        await assert.rejects(remove(project), none)
      })

      await t.test(`${name}: setting it again replaces it, and with nothing spent it is not enforcing`, async () => {
        const project = await fresh()
        for (const threshold_amount of [10_000, 1, MOST]) {
          const expected = {
            object: `${name}.spend_limit`,
            threshold_amount,
            ...usd,
            enforcement: { status: 'inactive' },
          }
          assert.deepEqual(await set(project, { threshold_amount, ...usd }), expected)
          assert.deepEqual(await retrieve(project), expected)
        }
      })

      await t.test(`${name}: what cannot be meant is refused by name and changes nothing`, async () => {
        const project = await fresh()
        await set(project, { threshold_amount: 500, ...usd })
        const cases: [body: object, code: string, param: string][] = [
          [{ threshold_amount: 0, ...usd }, 'integer_below_min_value', 'threshold_amount'],
          [{ threshold_amount: -1, ...usd }, 'integer_below_min_value', 'threshold_amount'],
          [{ threshold_amount: MOST + 1, ...usd }, 'integer_above_max_value', 'threshold_amount'],
          [{ threshold_amount: 1e300, ...usd }, 'integer_above_max_value', 'threshold_amount'],
          [{ threshold_amount: 1.5, ...usd }, 'invalid_type', 'threshold_amount'],
          [{ threshold_amount: '100', ...usd }, 'invalid_type', 'threshold_amount'],
          [{ threshold_amount: null, ...usd }, 'invalid_type', 'threshold_amount'],
          [{ ...usd }, 'missing_required_parameter', 'threshold_amount'],
          [{ threshold_amount: 1, currency: 'EUR', interval: 'month' }, 'invalid_value', 'currency'],
          [{ threshold_amount: 1, currency: 'USD', interval: 'day' }, 'invalid_value', 'interval'],
          [{ threshold_amount: 1, currency: 'USD' }, 'missing_required_parameter', 'interval'],
          [{ threshold_amount: 1, ...usd, enforcement: {} }, 'unknown_parameter', 'enforcement'],
        ]
        for (const [body, code, param] of cases)
          await assert.rejects(set(project, body), { status: 400, code, param }, JSON.stringify(body))
        assert.equal((await retrieve(project)).threshold_amount, 500)
      })

      await t.test(`${name}: of callers who set it at once one wins, and of those who delete it one`, async () => {
        const project = await fresh()
        const amounts = [1, 2, 3, 4, 5, 6, 7, 8]
        await Promise.all(amounts.map((threshold_amount) => set(project, { threshold_amount, ...usd })))
        assert.ok(amounts.includes((await retrieve(project)).threshold_amount))
        const deletions = await Promise.allSettled(amounts.map(() => remove(project)))
        assert.equal(deletions.filter(({ status }) => status === 'fulfilled').length, 1)
      })
    }

    await t.test('a limit is enforcing from when the costs of this month, UTC, have reached it', async () => {
      const { id: organization_id } = await app.db.selectFrom('organization').select('id').executeTakeFirstOrThrow()
      const [one, other] = [await fresh(), await fresh()]
      const now = Math.floor(Date.now() / 1000)
      const { from } = monthOf(now * 1000)
      const spend = (project_id: string, amount_nano: number, at = now) =>
        recordUsage(app.db, [{ organization_id, project_id, kind: 'costs', at, amount_nano }])
      const status = async (project: string) => (await projects.spendLimit.retrieve(project)).enforcement.status

      await projects.spendLimit.update(one, { threshold_amount: 10, ...usd })
      await projects.spendLimit.update(other, { threshold_amount: 10, ...usd })
      await spend(one, 99_999_999)
      await spend(one, 1_000_000_000, from / 1000 - 1)
      assert.equal(await status(one), 'inactive')
      await spend(one, 1)
      assert.equal(await status(one), 'enforcing')
      assert.equal(await status(other), 'inactive')
      const raised = await projects.spendLimit.update(one, { threshold_amount: 11, ...usd })
      assert.equal(raised.enforcement.status, 'inactive')

      // Beyond what one number is exact for.
      for (let i = 0; i < 3; i++) await spend(other, Number.MAX_SAFE_INTEGER)
      const reached = (3n * BigInt(Number.MAX_SAFE_INTEGER) + 100_000_000n) / 10_000_000n
      for (const [cents, expected] of [
        [Number(reached), 'enforcing'],
        [Number(reached) + 1, 'inactive'],
      ] as const) {
        const whole = await spendLimit.update({ threshold_amount: cents, ...usd })
        assert.equal(whole.enforcement.status, expected)
      }
      app.advance(32 * 86_400)
      assert.equal(await status(other), 'inactive')
    })

    await t.test('the default project can be limited like any other', async () => {
      const { default_project_id } = await app.db.selectFrom('organization').selectAll().executeTakeFirstOrThrow()
      await projects.spendLimit.update(default_project_id, { threshold_amount: 7, ...usd })
      assert.equal((await projects.spendLimit.retrieve(default_project_id)).threshold_amount, 7)
    })

    await t.test('changes are in the audit log, of a project and of the organization each under its own', async () => {
      const project = await fresh()
      const { id } = await app.db.selectFrom('organization').selectAll().executeTakeFirstOrThrow()
      const earlier = await auditRows(app, id, 'organization.updated')
      const body = { threshold_amount: 250, ...usd }
      await projects.spendLimit.update(project, body)
      await projects.spendLimit.delete(project)
      await spendLimit.update(body)
      await spendLimit.delete()
      const payloads = (rows: Awaited<ReturnType<typeof auditRows>>) => rows.map(({ payload }) => payload)
      const changes = [{ spend_limit: body }, { spend_limit: null }]
      assert.deepEqual(
        payloads(await auditRows(app, project, 'project.updated')),
        changes.map((changes_requested) => ({ id: project, changes_requested })),
      )
      assert.deepEqual(
        payloads(await auditRows(app, id, 'organization.updated')).slice(earlier.length),
        changes.map((changes_requested) => ({ id, changes_requested })),
      )
    })
  })
}
