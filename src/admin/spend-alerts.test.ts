import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases } from '../../test/support/databases.ts'
import { startTestApp } from '../../test/support/harness.ts'
import { auditRows, policyCallers } from '../../test/support/policy-callers.ts'

const MOST = 100_000_000_000
const mail = { type: 'email' as const, recipients: ['finance@example.com'] }
const alert = {
  threshold_amount: 100,
  currency: 'USD' as const,
  interval: 'month' as const,
  notification_channel: mail,
}
const missing = { status: 404, code: 'not_found', param: 'alert_id' }
const unknown = `alert_${'0'.repeat(24)}`

for (const database of databases) {
  test(`${database}: spend alerts`, async (t) => {
    await using app = await startTestApp({ database })
    const { projects, spendAlerts } = app.admin().organization
    const fresh = async () => (await projects.create({ name: 'watched' })).id

    /** The two levels behave alike. */
    const levels = [
      {
        name: 'organization',
        list: (_project: string, query: object = {}) => spendAlerts.list(query),
        create: (_project: string, body: unknown) => spendAlerts.create(body as never),
        retrieve: (_project: string, id: string) => spendAlerts.retrieve(id),
        update: (_project: string, id: string, body: unknown) => spendAlerts.update(id, body as never),
        remove: (_project: string, id: string) => spendAlerts.delete(id),
      },
      {
        name: 'project',
        list: (project: string, query: object = {}) => projects.spendAlerts.list(project, query),
        create: (project: string, body: unknown) => projects.spendAlerts.create(project, body as never),
        retrieve: (project_id: string, id: string) => projects.spendAlerts.retrieve(id, { project_id }),
        update: (project_id: string, id: string, body: object) =>
          projects.spendAlerts.update(id, { project_id, ...body } as never),
        remove: (project_id: string, id: string) => projects.spendAlerts.delete(id, { project_id }),
      },
    ]

    for (const { name, list, create, retrieve, update, remove } of levels) {
      await t.test(`${name}: an alert is kept as given, replaced as a whole, and deleted once`, async () => {
        const project = await fresh()
        const channel = { type: 'email', recipients: ['A@example.com', 'b@example.com'], subject_prefix: '[spend]' }
        const created = await create(project, { ...alert, notification_channel: channel })
        const { id } = created
        assert.match(id, /^alert_[0-9a-z]{24}$/)
        const object = `${name}.spend_alert`
        assert.deepEqual(created, { id, object, ...alert, notification_channel: channel })
        assert.deepEqual(await retrieve(project, id), created)
        const bare = { ...mail, subject_prefix: null }
        const replaced = { id, object, ...alert, threshold_amount: 0, notification_channel: bare }
        assert.deepEqual(await update(project, id, { ...alert, threshold_amount: 0 }), replaced)
        assert.deepEqual(await retrieve(project, id), replaced)
        await update(project, id, { ...alert, threshold_amount: MOST, notification_channel: bare })
        assert.deepEqual(await remove(project, id), { id, object: `${object}.deleted`, deleted: true })
        await assert.rejects(retrieve(project, id), missing)
        await assert.rejects(update(project, id, alert), missing)
        await assert.rejects(remove(project, id), missing)
      })

      await t.test(`${name}: an unknown and a malformed id are both unknown`, async () => {
        const project = await fresh()
        for (const id of [unknown, 'nonsense', 'proj_1']) {
          await assert.rejects(retrieve(project, id), missing)
          await assert.rejects(update(project, id, alert), missing)
          await assert.rejects(remove(project, id), missing)
        }
      })

      await t.test(`${name}: what cannot be meant is refused by name, in a creation and in a change`, async () => {
        const project = await fresh()
        const { id } = await create(project, alert)
        const channel = (change: object) => ({ ...alert, notification_channel: { ...mail, ...change } })
        const addresses = Array.from({ length: 1000 }, (_, i) => `a${i}@example.com`)
        const at = 'notification_channel'
        const cases: [body: object, code: string, param: string][] = [
          [{ ...alert, threshold_amount: -1 }, 'integer_below_min_value', 'threshold_amount'],
          [{ ...alert, threshold_amount: MOST + 1 }, 'integer_above_max_value', 'threshold_amount'],
          [{ ...alert, threshold_amount: 0.5 }, 'invalid_type', 'threshold_amount'],
          [{ ...alert, currency: 'EUR' }, 'invalid_value', 'currency'],
          [{ ...alert, interval: 'week' }, 'invalid_value', 'interval'],
          [{ ...alert, name: 'x' }, 'unknown_parameter', 'name'],
          [{ ...alert, notification_channel: null }, 'invalid_type', at],
          [{ threshold_amount: 5, currency: 'USD', interval: 'month' }, 'missing_required_parameter', at],
          [channel({ type: 'webhook' }), 'invalid_value', `${at}.type`],
          [channel({ recipients: [] }), 'array_below_min_length', `${at}.recipients`],
          [channel({ recipients: addresses }), 'array_above_max_length', `${at}.recipients`],
          [channel({ recipients: ['a@example.com', 'nobody'] }), 'invalid_value', `${at}.recipients[1]`],
          [channel({ recipients: ['a@b\r\nBcc: c@d'] }), 'invalid_value', `${at}.recipients[0]`],
          [channel({ recipients: [`${'a'.repeat(320)}@b`] }), 'string_above_max_length', `${at}.recipients[0]`],
          [channel({ recipients: 'a@example.com' }), 'invalid_type', `${at}.recipients`],
          [channel({ subject_prefix: 'a\r\nBcc: c@d' }), 'invalid_value', `${at}.subject_prefix`],
          [channel({ subject_prefix: 'x'.repeat(256) }), 'string_above_max_length', `${at}.subject_prefix`],
          [channel({ url: 'https://example.com' }), 'unknown_parameter', `${at}.url`],
        ]
        for (const [body, code, param] of cases) {
          const refusal = { status: 400, code, param }
          await assert.rejects(create(project, body), refusal, JSON.stringify(body).slice(0, 200))
          await assert.rejects(update(project, id, body), refusal)
        }
        assert.equal((await retrieve(project, id)).threshold_amount, 100)
        await remove(project, id)
      })

      await t.test(`${name}: a list goes both ways, page by page, and a deletion does not break it`, async () => {
        const project = await fresh()
        const ids: string[] = []
        for (let i = 0; i < 7; i++) ids.push((await create(project, { ...alert, threshold_amount: i })).id)
        const [first = '', , third = '', , fifth = ''] = ids
        const all = async (query: object) => {
          const found: string[] = []
          for await (const { id } of list(project, query)) found.push(id)
          return found
        }
        const one = async (query: object) => {
          const page = await list(project, query)
          return [page.data.map(({ id }) => id), page.has_more]
        }
        assert.deepEqual(await all({ limit: 3 }), ids)
        assert.deepEqual(await all({ limit: 2, order: 'desc' }), ids.toReversed())
        assert.deepEqual(await one({}), [ids, false])
        assert.deepEqual(await one({ limit: 0 }), [[], false])
        assert.deepEqual(await one({ limit: 2, after: third }), [ids.slice(3, 5), true])
        assert.deepEqual(await one({ limit: 2, before: fifth }), [ids.slice(2, 4), true])
        assert.deepEqual(await one({ limit: 9, before: fifth }), [ids.slice(0, 4), false])
        assert.deepEqual(await one({ limit: 2, before: fifth, order: 'desc' }), [[ids[6], ids[5]], false])
        assert.deepEqual(await one({ limit: 9, after: first, before: fifth }), [ids.slice(1, 4), false])
        await remove(project, third)
        assert.deepEqual(await one({ limit: 2, after: third }), [ids.slice(3, 5), true])
        assert.deepEqual(await one({ limit: 2, before: third }), [ids.slice(0, 2), false])
        const path = `/v1/organization/${name === 'project' ? `projects/${project}/` : ''}spend_alerts`
        const { body } = await app.send('GET', `${path}?limit=2`)
        assert.deepEqual([body.object, body.first_id, body.last_id, body.has_more], ['list', ids[0], ids[1], true])
        for (const id of ids) if (id !== third) await remove(project, id)
        const empty = { object: 'list', data: [], first_id: null, last_id: null, has_more: false }
        assert.deepEqual((await app.send('GET', path)).body, empty)
      })

      await t.test(`${name}: a list refuses a cursor or a limit that is none`, async () => {
        const project = await fresh()
        const cases: [query: object, code: string, param: string][] = [
          [{ limit: 101 }, 'integer_above_max_value', 'limit'],
          [{ limit: -1 }, 'integer_below_min_value', 'limit'],
          [{ order: 'up' }, 'invalid_value', 'order'],
          [{ after: project }, 'invalid_value', 'after'],
          [{ before: 'x' }, 'invalid_value', 'before'],
        ]
        for (const [query, code, param] of cases) {
          await assert.rejects(async () => list(project, query), { status: 400, code, param })
        }
      })

      await t.test(`${name}: of callers who delete an alert at once one does`, async () => {
        const project = await fresh()
        const { id } = await create(project, alert)
        const deletions = await Promise.allSettled([1, 2, 3, 4].map(() => remove(project, id)))
        assert.equal(deletions.filter(({ status }) => status === 'fulfilled').length, 1)
      })
    }

    await t.test(
      'a project and the organization itself have twenty alerts at most, also where many ask at once',
      async () => {
        for (const { name, list, create, remove } of levels) {
          const project = await fresh()
          for (const { id } of (await list(project)).data) await remove(project, id)
          const asked = await Promise.allSettled(Array.from({ length: 23 }, () => create(project, alert)))
          const refused = asked.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
          assert.equal(refused.length, 3, name)
          for (const error of refused) {
            assert.deepEqual([error.status, error.code], [400, 'too_many_spend_alerts'])
            assert.match(error.message, / has 20 spend alerts, which is the maximum\./)
          }
          const [{ id } = { id: '' }] = (await list(project, { limit: 100 })).data
          await remove(project, id)
          await create(project, alert)
          for (const one of (await list(project, { limit: 100 })).data) await remove(project, one.id)
        }
      },
    )

    await t.test('only an owner of the organization has mail sent to people outside it', async () => {
      const { projectId, projectOwner } = await policyCallers(app)
      const theirs = app.admin(projectOwner).organization.projects.spendAlerts
      const to = (...recipients: string[]) => ({
        ...alert,
        notification_channel: { type: 'email' as const, recipients },
      })
      const outside = (i: number) => ({
        status: 400,
        code: 'recipient_outside_organization',
        param: `notification_channel.recipients[${i}]`,
      })
      const inside = ['owner@localhost', 'Project-Owner@Example.com']
      const { id } = await theirs.create(projectId, to(...inside))
      const stranger = 'stranger@example.com'
      await assert.rejects(theirs.create(projectId, to(...inside, stranger)), outside(2))
      await assert.rejects(theirs.update(id, { project_id: projectId, ...to(stranger) }), outside(0))
      assert.deepEqual((await theirs.retrieve(id, { project_id: projectId })).notification_channel.recipients, inside)
      const byOwner = projects.spendAlerts
      await byOwner.update(id, { project_id: projectId, ...to(stranger) })
      // What an owner ordered another may delete, and not order anew.
      await assert.rejects(theirs.update(id, { project_id: projectId, ...to(stranger) }), outside(0))
      await theirs.delete(id, { project_id: projectId })
    })

    await t.test("a project's alerts are not the organization's, nor another project's", async () => {
      const [project, another] = [await fresh(), await fresh()]
      const { id } = await projects.spendAlerts.create(project, alert)
      const whole = await spendAlerts.create(alert)
      await assert.rejects(spendAlerts.retrieve(id), missing)
      await assert.rejects(spendAlerts.delete(id), missing)
      await assert.rejects(projects.spendAlerts.retrieve(id, { project_id: another }), missing)
      await assert.rejects(projects.spendAlerts.update(id, { project_id: another, ...alert }), missing)
      await assert.rejects(projects.spendAlerts.delete(whole.id, { project_id: project }), missing)
      assert.deepEqual((await projects.spendAlerts.list(another)).data, [])
      assert.deepEqual(
        (await projects.spendAlerts.list(project)).data.map((one) => one.id),
        [id],
      )
      assert.deepEqual(
        (await spendAlerts.list()).data.map((one) => one.id),
        [whole.id],
      )
    })

    await t.test('every change is in the audit log as a change of what the alert is about', async () => {
      const project = await fresh()
      const organization = await app.db.selectFrom('organization').selectAll().executeTakeFirstOrThrow()
      const earlier = await auditRows(app, organization.id, 'organization.updated')
      const { id } = await projects.spendAlerts.create(project, alert)
      await projects.spendAlerts.update(id, { project_id: project, ...alert, threshold_amount: 5 })
      await projects.spendAlerts.delete(id, { project_id: project })
      const whole = await spendAlerts.create(alert)
      const changes = (await auditRows(app, project, 'project.updated')).map(({ payload }) => payload.changes_requested)
      assert.deepEqual(changes, [
        { spend_alert: { id, ...alert } },
        { spend_alert: { id, ...alert, threshold_amount: 5 } },
        { spend_alert: { id, deleted: true } },
      ])
      const rows = (await auditRows(app, organization.id, 'organization.updated')).slice(earlier.length)
      assert.deepEqual(
        rows.map(({ payload }) => payload.changes_requested),
        [{ spend_alert: { id: whole.id, ...alert } }],
      )
    })
  })
}
