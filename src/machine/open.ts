import type { Config } from '../config/settings.ts'
import { Changed } from '../db/changed.ts'
import { listenForChanges } from '../db/changes.ts'
import { openReportDb } from '../db/open.ts'
import { openMigrated } from '../db/open-migrated.ts'
import type { Db } from '../db/tables.ts'
import { type Ledger, openLedger } from '../ledger/open.ts'
import type { Tools } from './tools.ts'

/** What there is once on a machine, however many threads serve on it. */
export type Machine = { db: Db; reportDb: Db; ledger: Ledger; changed: Changed }

/** Opens and migrates the database, and puts together what writes to it. Disposing writes what is left, and closes it. */
export async function openMachine(config: Config, tools: Tools): Promise<Machine & AsyncDisposable> {
  await using stack = new AsyncDisposableStack()
  const { db, applied } = stack.use(await openMigrated(config.databaseUrl, { ...tools.seeing, serving: true }))
  if (applied.length > 0) tools.log.info({ migrations: applied }, 'database migrated')
  const reportDb = openReportDb(config.databaseUrl, db, tools.seeing)
  if (reportDb !== db) stack.defer(() => reportDb.destroy())
  const ledger = stack.use(openLedger(config, { ...tools, db }))
  const changed = new Changed()
  stack.use(await listenForChanges(config.databaseUrl, changed))
  const rest = stack.move()
  return { db, reportDb, ledger, changed, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}
