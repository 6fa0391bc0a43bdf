import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../upstream.ts'
import { chat, row, type Setting, type World } from './row.ts'

/** What a chat with the model that has a price can cost at most, and what it does cost, in cents. */
const MOST = 10
const COST = 5
/** More than all that rows spend. */
const PLENTY = 1_000_000
const paidChat = (w: World) => chat(w, { model: 'priced', max_completion_tokens: MOST })

/** What the organization has spent, as its costs say it, in cents. */
async function spentCents({ admin }: World): Promise<number> {
  const { data } = await admin.usage.costs({ start_time: Math.floor(Date.now() / 1000) - 2 * 86_400 })
  const results = data.flatMap((bucket) => bucket.results)
  const dollars = results.map((one) => (one.object === 'organization.costs.result' ? (one.amount?.value ?? 0) : 0))
  return Math.round(dollars.reduce((sum, value) => sum + value, 0) * 100)
}

/** A chat, and the wait until the costs have it. */
async function spend(w: World): Promise<void> {
  const before = await spentCents(w)
  assert.equal(await paidChat(w), '200')
  await until(async () => (await spentCents(w)) === before + COST, 'the cost of a chat')
}

const usd = { currency: 'USD', interval: 'month' } as const
const notification_channel = { type: 'email' as const, recipients: ['finance@example.com'] }
const limitBody = (threshold_amount: number) => ({ threshold_amount, ...usd })
const alertBody = (threshold_amount: number) => ({ threshold_amount, ...usd, notification_channel })

/** The operations on money, which are alike for a project and for the organization. */
type Level = {
  name: 'project' | 'organization'
  /** The contract's names of its resources. */
  limit: string
  alerts: string
  findLimit: (w: World) => Promise<{ enforcement: { status: string } }>
  setLimit: (w: World, cents: number) => Promise<unknown>
  deleteLimit: (w: World) => Promise<unknown>
  createAlert: (w: World, cents: number) => Promise<{ id: string }>
  updateAlert: (w: World, id: string, cents: number) => Promise<unknown>
  deleteAlert: (w: World, id: string) => Promise<unknown>
}

const levels: Level[] = [
  {
    name: 'project',
    limit: 'projectSpendLimit',
    alerts: 'projectSpendAlerts',
    findLimit: ({ admin, projectId }) => admin.projects.spendLimit.retrieve(projectId),
    setLimit: ({ admin, projectId }, cents) => admin.projects.spendLimit.update(projectId, limitBody(cents)),
    deleteLimit: ({ admin, projectId }) => admin.projects.spendLimit.delete(projectId),
    createAlert: ({ admin, projectId }, cents) => admin.projects.spendAlerts.create(projectId, alertBody(cents)),
    updateAlert: ({ admin, projectId }, id, cents) =>
      admin.projects.spendAlerts.update(id, { project_id: projectId, ...alertBody(cents) }),
    deleteAlert: ({ admin, projectId }, id) => admin.projects.spendAlerts.delete(id, { project_id: projectId }),
  },
  {
    name: 'organization',
    limit: 'spendLimit',
    alerts: 'spendAlerts',
    findLimit: ({ admin }) => admin.spendLimit.retrieve(),
    setLimit: ({ admin }, cents) => admin.spendLimit.update(limitBody(cents)),
    deleteLimit: ({ admin }) => admin.spendLimit.delete(),
    createAlert: ({ admin }, cents) => admin.spendAlerts.create(alertBody(cents)),
    updateAlert: ({ admin }, id, cents) => admin.spendAlerts.update(id, alertBody(cents)),
    deleteAlert: ({ admin }, id) => admin.spendAlerts.delete(id),
  },
]

const limits = ({ name, limit, findLimit, setLimit, deleteLimit }: Level): Setting[] => [
  row({
    setting: `the ${name} has a spend limit, and less of it is left than a chat can cost`,
    alone: true,
    by: [`${limit}.update`, `${limit}.delete`],
    request: 'a chat that can cost 10 cents',
    see: paidChat,
    without: '200',
    set: (w) => setLimit(w, MOST - 1),
    with: `429 ${name}_spend_limit_exceeded`,
    unset: deleteLimit,
  }),
  row({
    setting: `the ${name}'s spend limit is what was spent already`,
    shows: [`${name}.spend_limit_cents`],
    alone: true,
    by: [`${limit}.update`],
    request: 'a chat that can cost 10 cents, and what the limit says of itself',
    given: async (w) => {
      await spend(w)
      await setLimit(w, PLENTY)
    },
    see: async (w) => [await paidChat(w), (await findLimit(w)).enforcement.status],
    without: ['200', 'inactive'],
    set: (w) => setLimit(w, COST),
    with: [`429 ${name}_spend_limit_exceeded`, 'enforcing'],
    unset: (w) => setLimit(w, PLENTY),
  }),
  row({
    setting: `the ${name} has a spend limit, and the model no price`,
    alone: true,
    by: [`${limit}.update`, `${limit}.delete`],
    request: 'a chat with a model without a price',
    see: (w) => chat(w),
    without: '200',
    set: (w) => setLimit(w, PLENTY),
    with: '400 model_price_unknown',
    unset: deleteLimit,
  }),
]

/** How long nothing is raised after a cost is written until nothing is believed to come. */
const QUIET_MS = 200

/** An alert of a row. Whoever knows that it is due waits for it as long as it takes. */
type Alert = { id: string; isDue: boolean }

/** How many alerts are raised by one chat. */
async function raised(w: World & { alert: Alert }, name: Level['name']): Promise<string> {
  const count = () => w.app.metric(`gatehouse_spend_alerts_total{level="${name}"}`)
  const before = await count()
  await spend(w)
  if (w.alert.isDue) await until(async () => (await count()) > before, 'an alert')
  else await sleep(QUIET_MS)
  return `${(await count()) - before} raised`
}

const alertRows = ({ name, alerts, createAlert, updateAlert, deleteAlert }: Level): Setting[] => {
  const seen = {
    request: "a chat that brings what was spent to the alert's threshold, and the alerts that are raised",
    see: (w: World & { alert: Alert }) => raised(w, name),
  }
  return [
    row({
      setting: `the ${name} has a spend alert`,
      alone: true,
      by: [`${alerts}.create`, `${alerts}.delete`],
      ...seen,
      given: async () => ({ alert: { id: '', isDue: false } }),
      without: '0 raised',
      set: async (w) => Object.assign(w.alert, await createAlert(w, 2 * COST), { isDue: true }),
      with: '1 raised',
      unset: async (w) => {
        await deleteAlert(w, w.alert.id)
        w.alert.isDue = false
      },
    }),
    row({
      setting: `the ${name}'s spend alert has a threshold within reach`,
      alone: true,
      by: [`${alerts}.update`],
      ...seen,
      given: async (w) => ({ alert: { id: (await createAlert(w, PLENTY)).id, isDue: false } }),
      without: '0 raised',
      set: async (w) => {
        await updateAlert(w, w.alert.id, 2 * COST)
        w.alert.isDue = true
      },
      with: '1 raised',
      unset: async (w) => {
        await updateAlert(w, w.alert.id, PLENTY)
        w.alert.isDue = false
      },
    }),
  ]
}

/** What may be spent, and who is told of it. */
export const moneySettings = levels.flatMap((level) => [...limits(level), ...alertRows(level)])
