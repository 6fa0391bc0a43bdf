import { setTimeout as sleep } from 'node:timers/promises'
import { idSource } from '../../src/core/id.ts'
import type { UsageEntry } from '../../src/core/usage-entry.ts'
import { migrate } from '../../src/db/migrate.ts'
import { openDb } from '../../src/db/open.ts'
import { findSpent } from '../../src/db/spend.ts'
import type { Db } from '../../src/db/tables.ts'
import { recordUsage } from '../../src/db/usage.ts'
import { MemoryCounters } from '../../src/gateway/counters/memory.ts'
import { takeAll } from '../../src/gateway/counters/take.ts'
import { MemoryLimiter } from '../../src/gateway/limits/memory.ts'
import { Accounts } from '../../src/gateway/spend/accounts.ts'
import { AlertWatch } from '../../src/gateway/spend/alert-watch.ts'
import { Alerts } from '../../src/gateway/spend/alerts.ts'
import type { Mailer } from '../../src/gateway/spend/mailer.ts'
import { MemoryMoney } from '../../src/gateway/spend/memory.ts'
import { readingSpent } from '../../src/gateway/spend/reading.ts'
import { Reserving } from '../../src/gateway/spend/to-reserve.ts'
import { type DatabaseKind, openTestDatabase } from '../support/databases.ts'
import { admitted, atOnce, guard } from './counting.ts'

/** What spending is judged by, of a project's rules. */
export const rulesOf = (
  organizationId: string,
  projectId: string,
  project: number | null,
  organization: number | null,
) => ({
  organizationId,
  projectId,
  spendLimits: { project, organization },
})
type Rules = ReturnType<typeof rulesOf>

/** What a node knows of money: its counters, and who watches for its alerts. */
export type Spend = Pick<Reserving, 'toReserve'> & {
  counters: MemoryCounters
  /** As when the rules are loaded. */
  load: (rules: Rules) => Promise<void>
  /** As the ledger tells it. */
  flushing: () => void
  flushed: (entries: UsageEntry[]) => void
  size: () => number
  close: () => Promise<void>
}

/** A call's money, as it is taken where no other limit is set. */
export function reserve(spend: Spend, rules: Rules, asked: Parameters<Spend['toReserve']>[1], at: number) {
  const { guarded } = guard(spend.counters)
  const model = { ...rules, model: 'm1', pool: null, windows: [] }
  const cost = { requests: 1, tokens: 0, images: 0, audioMegabytes: 0 }
  const charge = { model, within: [], cost, money: spend.toReserve(rules, asked, at) }
  const held = admitted(atOnce(takeAll(guarded, charge)))
  return { settle: (nano: number) => held.settle({}, nano) }
}

/** Spending on a database of its own, without the rest of a server. */
export type Money = AsyncDisposable & {
  spend: Spend
  db: Db
  /** Milliseconds since the epoch: what the clock says. */
  now: number
  /** What was logged, as JSON. */
  lines: string[]
  /** Levels of the alerts that were raised, by all nodes. */
  raised: string[]
  organization: () => Promise<string>
  project: (organizationId: string, name?: string) => Promise<string>
  alert: (organizationId: string, projectId: string | null, cents: number, prefix?: string | null) => Promise<string>
  entry: (rules: Rules, amount: number, at: number) => UsageEntry
  record: (entries: UsageEntry[]) => Promise<void>
  /** Writes a cost as the ledger does, and tells this node's spending. */
  write: (rules: Rules, amount: number, at: number, node?: Spend) => Promise<void>
  totals: (organizationId: string, projectIds: string[], month?: string) => Promise<bigint[]>
  /** Another node, or this one after a restart. */
  node: () => Spend
  stopDatabase: () => Promise<void>
}

let counter = 0

export async function openMoney(
  kind: DatabaseKind,
  now: number,
  { mailer = null, recheckMs = 20 }: { mailer?: Mailer | null; recheckMs?: number } = {},
): Promise<Money> {
  const stack = new AsyncDisposableStack()
  const database = stack.use(await openTestDatabase(kind))
  const db = await openDb(database.url)
  let isOpen = true
  const stopDatabase = async () => {
    if (isOpen) await db.destroy()
    isOpen = false
  }
  stack.defer(stopDatabase)
  await migrate(db)
  const lines: string[] = []
  const raised: string[] = []
  const say = (fields: object, message: string) =>
    void lines.push(JSON.stringify({ ...fields, message }, (_, value) => (value instanceof Error ? `${value}` : value)))
  const log = { debug: say, warn: say, error: say }
  const node = (): Spend => {
    const clock = () => money.now
    const told = (level: string) => void raised.push(level)
    const alerts = new Alerts({ db, gateDb: db, newId: idSource(clock), now: clock, log, raised: told, mailer })
    const watch = new AlertWatch({ db, alerts, now: clock, log, recheckMs })
    stack.defer(() => watch.close())
    const totals = new MemoryMoney(new Accounts(clock), readingSpent(db, clock))
    const reserving = new Reserving(log)
    return {
      counters: new MemoryCounters(new MemoryLimiter(), totals),
      toReserve: (...asked) => reserving.toReserve(...asked),
      async load(rules) {
        await Promise.all([totals.load(rules), watch.look(rules)])
      },
      flushing: () => totals.flushing(),
      flushed(entries) {
        watch.flushed(entries)
        totals.flushed(entries)
      },
      size: () => totals.size,
      close: () => watch.close(),
    }
  }
  const insertProject = async (organization_id: string, name = 'first') => {
    const id = `proj_${String(counter++).padStart(24, '0')}`
    await db.insertInto('project').values({ id, organization_id, name, created_at: 0, archived_at: null }).execute()
    return id
  }
  const money: Omit<Money, 'spend' | keyof AsyncDisposable> = {
    db,
    now,
    lines,
    raised,
    async organization() {
      const id = `org-${String(counter++).padStart(24, '0')}`
      await db
        .insertInto('organization')
        .values({ id, name: 'Acme', default_project_id: 'proj_none', created_at: 0 })
        .execute()
      return id
    },
    project: insertProject,
    async alert(organization_id, project_id, threshold_cents, subject_prefix = null) {
      const id = `alert_${String(counter++).padStart(24, '0')}`
      const recipients = JSON.stringify(['a@corp.example', 'b@corp.example'])
      const row = { id, organization_id, project_id, threshold_cents, recipients, subject_prefix }
      await db.insertInto('spend_alert').values(row).execute()
      return id
    },
    entry: ({ organizationId, projectId }, amount_nano, at) => ({
      organization_id: organizationId,
      project_id: projectId,
      kind: 'costs',
      at: Math.floor(at / 1000),
      amount_nano,
    }),
    record: (entries) => recordUsage(db, entries),
    async write(rules, amount, at, written = whole.spend) {
      const entries = [money.entry(rules, amount, at)]
      written.flushing()
      await recordUsage(db, entries)
      written.flushed(entries)
    },
    async totals(organizationId, projectIds, month = '2026-11') {
      const spent = await findSpent(db, organizationId, projectIds, month)
      return projectIds.map((id) => spent.get(id) ?? 0n)
    },
    node,
    stopDatabase,
  }
  const whole: Money = Object.assign(money, { spend: node(), [Symbol.asyncDispose]: () => stack.disposeAsync() })
  return whole
}

/** Waits for something that happens in the background. */
export async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await sleep(5)
}
