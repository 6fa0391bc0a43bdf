import { isRefusedValue } from '../../errors.ts'
import { nameOf } from '../../open-migrated.ts'
import { DatabaseRefusal, said } from '../../refusal.ts'
import type { Db } from '../../tables.ts'
import { inTransaction } from '../../transaction.ts'
import { type Sum, sumOf } from './checksum.ts'
import { columnsOf } from './columns.ts'
import { openSource, openTarget } from './ends.ts'
import { insertPage } from './insert.ts'
import { identityOf, readMark, removeMark, writeMark } from './mark.ts'
import { pagesOf, placeOf } from './pages.ts'
import { type Copied, copied } from './tables.ts'

/** Told how far it is: what is done, with which table, and how many of its rows this run has seen. */
export type Progress = (what: 'copied' | 'compared', table: Copied, rows: number) => void

/**
 * Copies everything of a database into an empty one, or goes on where it was interrupted: how far it is stands in the target, in the
 * transaction of the rows themselves. Then both are read whole and compared; only after that the target can be served. What is held in memory is a page.
 * @throws DatabaseRefusal; LaterSchema; the drivers' errors
 * @returns what both hold, by table
 */
export async function copyDatabase(from: string, to: string, progress: Progress): Promise<Record<Copied, Sum>> {
  await using source = await openSource(from)
  await using target = await openTarget(to)
  const identity = await identityOf(source.db)
  const mark = await readMark(target.db)
  if (mark !== null && mark.source !== identity)
    throw new DatabaseRefusal(`${nameOf(to)} holds an unfinished copy of another database`)
  if (mark === null) await writeMark(target.db, { source: identity, table: null, after: null })
  const begun = mark?.table ?? null
  for (const table of copied.slice(begun === null ? 0 : copied.indexOf(begun))) {
    const after = table === begun ? (mark?.after ?? null) : null
    let rows = 0
    const columns = await columnsOf(source.db, table)
    for await (const page of pagesOf(source.db, table, columns, after)) {
      const last = page.at(-1)
      const write = inTransaction(target.db, async (tx) => {
        await insertPage(tx, table, columns, page)
        if (last) await writeMark(tx, { source: identity, table, after: placeOf(table, columns, last) })
      })
      await write.catch((error) => {
        throw isRefusedValue(error)
          ? new DatabaseRefusal(`${nameOf(to)} does not take ${table}: ${said(error)}`)
          : error
      })
      rows += page.length
      progress('copied', table, rows)
    }
  }
  const sums = await compare(source.db, target.db, progress, to)
  await removeMark(target.db)
  return sums
}

async function compare(source: Db, target: Db, progress: Progress, to: string): Promise<Record<Copied, Sum>> {
  const sums: Partial<Record<Copied, Sum>> = {}
  for (const table of copied) {
    const columns = await columnsOf(source, table)
    const one = await sumOf(source, table, columns, (rows) => progress('compared', table, rows))
    const other = await sumOf(target, table, await columnsOf(target, table), () => {})
    if (one.rows !== other.rows || one.checksum !== other.checksum) {
      const counts = `${one.rows} rows with the checksum ${one.checksum} against ${other.rows} with ${other.checksum}`
      const words = `${table} differs (${counts}): something has changed meanwhile. Empty ${nameOf(to)} and copy again`
      throw new DatabaseRefusal(words)
    }
    sums[table] = one
  }
  // All of them are in it now.
  return sums as Record<Copied, Sum>
}
