import { migrate } from '../../src/db/migrate.ts'
import { openDb, openReportDb } from '../../src/db/open.ts'
import type { OpenedDb } from '../../src/db/tables.ts'
import { type DatabaseKind, openTestDatabase } from './databases.ts'

/** A database of a test's own, and what reports are read by beside it. Closed when it is disposed of. */
export async function openReported(database: DatabaseKind) {
  await using stack = new AsyncDisposableStack()
  const own = stack.use(await openTestDatabase(database))
  const db: OpenedDb = await openDb(own.url)
  stack.defer(() => db.destroy())
  const reportDb = openReportDb(own.url, db)
  if (reportDb !== db) stack.defer(() => reportDb.destroy())
  await migrate(db)
  const opened = stack.move()
  return { db, reportDb, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}
