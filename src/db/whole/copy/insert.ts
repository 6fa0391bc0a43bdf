import { CompiledQuery } from 'kysely'
import { batches } from '../../batches.ts'
import { isPostgres } from '../../dialect.ts'
import type { Db } from '../../tables.ts'
import type { Column } from './columns.ts'
import type { CopiedRow } from './pages.ts'
import type { Copied } from './tables.ts'

/** Writes rows as they were read. */
export async function insertPage(
  tx: Db,
  table: Copied,
  columns: readonly Column[],
  page: readonly CopiedRow[],
): Promise<void> {
  const names = columns.map(({ name }) => name)
  for (const rows of batches(page)) {
    const values = rows.flatMap((row) => names.map((name) => row[name]))
    await tx.executeQuery(CompiledQuery.raw(textOf(isPostgres(tx), table, names, rows.length), values))
  }
}

/** Written out: composed from values by Kysely, as many would take longer than all else that is done for them. */
function textOf(numbered: boolean, table: Copied, names: readonly string[], rows: number): string {
  const place = (row: number, column: number) => (numbered ? `$${row * names.length + column + 1}` : '?')
  const values = Array.from(
    { length: rows },
    (_, row) => `(${names.map((_, column) => place(row, column)).join(', ')})`,
  )
  return `insert into "${table}" (${names.map((name) => `"${name}"`).join(', ')}) values ${values.join(', ')}`
}
