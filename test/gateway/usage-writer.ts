import type { UsageEntry } from '../../src/core/usage-entry.ts'
import { usageFolder } from '../../src/db/beside.ts'
import { migrate } from '../../src/db/migrate.ts'
import { openDb, openGateDb } from '../../src/db/open.ts'
import type { Db } from '../../src/db/tables.ts'
import { Beat } from '../../src/ledger/beat.ts'
import { openSpill } from '../../src/ledger/spill/open.ts'
import { Usage } from '../../src/ledger/usage.ts'
import { type DatabaseKind, openTestDatabase } from '../support/databases.ts'

const NOW = 1_790_553_600_000
export const at = NOW / 1000
export const entry = (more: Partial<UsageEntry> = {}): UsageEntry => ({
  organization_id: 'org-a',
  kind: 'completions',
  at,
  api_key_id: 'key_a',
  model: 'm1',
  input_tokens: 10,
  num_model_requests: 1,
  ...more,
})

type Line = { level: string; message: string; fields: object }

/** Usage with a beat and a database of its own; `db` looks at what is stored. */
export async function openUsage(
  kind: DatabaseKind,
  throughUrl?: (url: string) => Promise<{ url: string } & AsyncDisposable>,
) {
  const stack = new AsyncDisposableStack()
  const own = stack.use(await openTestDatabase(kind))
  const url = throughUrl ? stack.use(await throughUrl(own.url)).url : own.url
  const db = await openDb(own.url, { connections: 4 })
  stack.defer(() => db.destroy())
  await migrate(db)
  const main = await openDb(url, { connections: 4 })
  stack.defer(() => main.destroy())
  const gate = openGateDb(url, main)
  stack.defer(() => gate.destroy())
  const lines: Line[] = []
  const to = (level: string) => (fields: object, message: string) => void lines.push({ level, message, fields })
  let dropped = 0
  const log = { info: to('info'), warn: to('warn'), error: to('error') }
  const start = ({ spilling = false, byWriter = false } = {}) => {
    const beat = new Beat(log)
    const lost = (entries: number) => {
      dropped += entries
    }
    const usage = new Usage({
      db: gate,
      beat,
      log,
      spill: spilling ? openSpill(url, { log, dropped: lost }) : null,
      byWriter,
      dropped: lost,
      now: () => NOW,
    })
    beat.add(usage)
    return Object.assign(usage, { beat, flush: () => beat.flush() })
  }
  return {
    url: own.url,
    db,
    gate,
    start,
    lines,
    dropped: () => dropped,
    logged: (level: string) => lines.filter((line) => line.level === level).length,
    folder: usageFolder(own.url) ?? '',
    sums: () => sumsOf(db),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

async function sumsOf(db: Db) {
  const rows = await db
    .selectFrom('usage_rollup')
    .select((eb) => ['api_key_id', eb.fn.sum<number>('num_model_requests').as('requests')])
    .where('grain', '=', 60)
    .groupBy('api_key_id')
    .orderBy('api_key_id')
    .execute()
  return Object.fromEntries(rows.map(({ api_key_id, requests }) => [api_key_id, Number(requests)]))
}
