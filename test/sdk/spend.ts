import assert from 'node:assert/strict'
import type OpenAI from 'openai'
import { newOrganization } from '../contract/organizations.ts'
import { all, refusal, type Scenario, unknownLike, type World } from './scenario.ts'

type LimitBody = OpenAI.Admin.Organization.SpendLimitUpdateParams
type AlertBody = OpenAI.Admin.Organization.SpendAlertCreateParams
type Alert = { id: string; object: string; threshold_amount: number }
type Query = { limit?: number; order?: 'asc' | 'desc' }

/** The operations on limits and on alerts, which are alike in the organization and in a project. */
type Spend = {
  level: 'organization' | 'project'
  limit: {
    retrieve: () => Promise<object>
    update: (body: LimitBody) => Promise<object>
    remove: () => Promise<object>
  }
  alerts: {
    create: (body: AlertBody) => Promise<Alert>
    retrieve: (id: string) => Promise<Alert>
    update: (id: string, body: AlertBody) => Promise<Alert>
    list: (query?: Query) => AsyncIterable<Alert>
    remove: (id: string) => Promise<object>
  }
}

function ofOrganization({ spendLimit, spendAlerts }: World['admin']): Spend {
  return {
    level: 'organization',
    limit: {
      retrieve: () => spendLimit.retrieve(),
      update: (body) => spendLimit.update(body),
      remove: () => spendLimit.delete(),
    },
    alerts: {
      create: (body) => spendAlerts.create(body),
      retrieve: (id) => spendAlerts.retrieve(id),
      update: (id, body) => spendAlerts.update(id, body),
      list: (query) => spendAlerts.list(query),
      remove: (id) => spendAlerts.delete(id),
    },
  }
}

function ofProject({ projects }: World['admin'], project_id: string): Spend {
  const { spendLimit, spendAlerts } = projects
  return {
    level: 'project',
    limit: {
      retrieve: () => spendLimit.retrieve(project_id),
      update: (body) => spendLimit.update(project_id, body),
      remove: () => spendLimit.delete(project_id),
    },
    alerts: {
      create: (body) => spendAlerts.create(project_id, body),
      retrieve: (id) => spendAlerts.retrieve(id, { project_id }),
      update: (id, body) => spendAlerts.update(id, { project_id, ...body }),
      list: (query) => spendAlerts.list(project_id, query),
      remove: (id) => spendAlerts.delete(id, { project_id }),
    },
  }
}

const usd = { currency: 'USD', interval: 'month' } as const
const body: LimitBody = { threshold_amount: 500, ...usd }
const notification_channel = { type: 'email' as const, recipients: ['finance@example.com'], subject_prefix: '[spend]' }
const alert: AlertBody = { threshold_amount: 100, ...usd, notification_channel }
const none = { status: 404, code: 'not_found' }
const noAlert = refusal(404, 'not_found', 'alert_id')

/** What each does here, and that it does not do it elsewhere. */
const driven: Record<string, (here: Spend, elsewhere: Spend) => Promise<void>> = {
  'spendLimit.retrieve': async ({ limit }, elsewhere) => {
    await assert.rejects(limit.retrieve(), none)
    const set = await limit.update(body)
    assert.deepEqual(await limit.retrieve(), set)
    await assert.rejects(elsewhere.limit.retrieve(), none)
  },

  'spendLimit.update': async ({ level, limit }, elsewhere) => {
    for (const threshold_amount of [500, 1]) {
      const set = { object: `${level}.spend_limit`, threshold_amount, ...usd, enforcement: { status: 'inactive' } }
      assert.deepEqual(await limit.update({ ...body, threshold_amount }), set)
      assert.deepEqual(await limit.retrieve(), set)
    }
    const nothing = limit.update({ ...body, threshold_amount: 0 })
    await assert.rejects(nothing, refusal(400, 'integer_below_min_value', 'threshold_amount'))
    const euro = limit.update({ ...body, currency: 'EUR' } as never)
    await assert.rejects(euro, refusal(400, 'invalid_value', 'currency'))
    assert.equal(Reflect.get(await limit.retrieve(), 'threshold_amount'), 1)
    await assert.rejects(elsewhere.limit.retrieve(), none)
  },

  'spendLimit.delete': async ({ level, limit }, elsewhere) => {
    await assert.rejects(limit.remove(), none)
    await limit.update(body)
    const kept = await elsewhere.limit.update(body)
    assert.deepEqual(await limit.remove(), { object: `${level}.spend_limit.deleted`, deleted: true })
    await assert.rejects(limit.retrieve(), none)
    await assert.rejects(limit.remove(), none)
    assert.deepEqual(await elsewhere.limit.retrieve(), kept)
  },

  'spendAlerts.create': async ({ level, alerts }, elsewhere) => {
    const made = await alerts.create(alert)
    assert.match(made.id, /^alert_[0-9a-z]{24}$/)
    assert.deepEqual(made, { object: `${level}.spend_alert`, id: made.id, ...alert })
    const unnoticed = alerts.create({ ...alert, notification_channel: { ...notification_channel, recipients: [] } })
    await assert.rejects(unnoticed, refusal(400, 'array_below_min_length', 'notification_channel.recipients'))
    const negative = alerts.create({ ...alert, threshold_amount: -1 })
    await assert.rejects(negative, refusal(400, 'integer_below_min_value', 'threshold_amount'))
    assert.deepEqual(await all(alerts.list()), [made])
    assert.deepEqual(await all(elsewhere.alerts.list()), [])
  },

  'spendAlerts.retrieve': async ({ alerts }, elsewhere) => {
    const made = await alerts.create(alert)
    assert.deepEqual(await alerts.retrieve(made.id), made)
    await assert.rejects(alerts.retrieve(unknownLike(made.id)), noAlert)
    await assert.rejects(elsewhere.alerts.retrieve(made.id), noAlert)
  },

  'spendAlerts.update': async ({ alerts }, elsewhere) => {
    const made = await alerts.create(alert)
    const changed = { ...made, threshold_amount: 7 }
    assert.deepEqual(await alerts.update(made.id, { ...alert, threshold_amount: 7 }), changed)
    const wrong = alerts.update(made.id, { ...alert, interval: 'week' } as never)
    await assert.rejects(wrong, refusal(400, 'invalid_value', 'interval'))
    await assert.rejects(elsewhere.alerts.update(made.id, alert), noAlert)
    assert.deepEqual(await alerts.retrieve(made.id), changed)
  },

  'spendAlerts.list': async ({ alerts }, elsewhere) => {
    const made = []
    for (const threshold_amount of [1, 2, 3]) made.push((await alerts.create({ ...alert, threshold_amount })).id)
    await elsewhere.alerts.create(alert)
    const listed = async (query: Query) => (await all(alerts.list(query))).map(({ id }) => id)
    assert.deepEqual(await listed({ limit: 2, order: 'asc' }), made)
    assert.deepEqual(await listed({ limit: 2, order: 'desc' }), made.toReversed())
  },

  'spendAlerts.delete': async ({ alerts }, elsewhere) => {
    const { id, object } = await alerts.create(alert)
    await assert.rejects(elsewhere.alerts.remove(id), noAlert)
    assert.deepEqual(await alerts.remove(id), { id, object: `${object}.deleted`, deleted: true })
    await assert.rejects(alerts.retrieve(id), noAlert)
    await assert.rejects(alerts.remove(id), noAlert)
  },
}

export const spendScenarios: Record<string, Scenario> = Object.fromEntries(
  Object.entries(driven).flatMap(([name, drive]): [string, Scenario][] => [
    [
      `organization.${name}`,
      async ({ app, admin }) => drive(ofOrganization(admin), ofOrganization((await newOrganization(app)).admin)),
    ],
    [
      `organization.projects.${name}`,
      async ({ admin, organization }) => {
        const project = await admin.projects.create({ name: 'watched' })
        await drive(ofProject(admin, project.id), ofProject(admin, organization.defaultProjectId))
      },
    ],
  ]),
)
