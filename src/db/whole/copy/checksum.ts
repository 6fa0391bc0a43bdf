import { createHash } from 'node:crypto'
import type { Db } from '../../tables.ts'
import type { Column } from './columns.ts'
import { pagesOf } from './pages.ts'
import type { Copied } from './tables.ts'

/** How many rows a table has, and what stands in them: the same for two tables with the same rows, whatever database they are in. */
export type Sum = { rows: number; checksum: string }

const MODULUS = 1n << 128n

/** Reads all of a table. @param told how many rows were read so far */
export async function sumOf(
  db: Db,
  table: Copied,
  columns: readonly Column[],
  told: (rows: number) => void,
): Promise<Sum> {
  let rows = 0
  let sum = 0n
  for await (const page of pagesOf(db, table, columns, null)) {
    for (const row of page) {
      const text = JSON.stringify(columns.map(({ name }) => row[name]))
      // Added up, so that the order of the rows does not matter.
      sum = (sum + BigInt(`0x${createHash('sha256').update(text).digest('hex').slice(0, 32)}`)) % MODULUS
    }
    rows += page.length
    told(rows)
  }
  return { rows, checksum: sum.toString(16).padStart(32, '0') }
}
