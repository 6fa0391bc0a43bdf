import type { NamedBatch } from './spill/line.ts'
import type { BufferedUsage } from './usage-buffer.ts'

/** Rows that are written together, or not at all. */
export type Batch = {
  /** Given by the first attempt, and stays: the database counts a name once. */
  name: NamedBatch['name'] | null
  rows: BufferedUsage[]
  /** Where it is on the disk too: whether this process put it there, and not one before it. */
  spilled: { own: boolean } | null
}

/**
 * One row that the database does not take must not hold up all others for ever: halving finds it. What the halves are called says
 * whose they are, so that whoever does it again counts them once.
 */
export function halvesOf({ name, rows, spilled }: Batch): Batch[] {
  const middle = Math.ceil(rows.length / 2)
  return [rows.slice(0, middle), rows.slice(middle)].map((half, i) => ({
    name: name && { writer: `${name.writer}/${name.batch}/${i}`, batch: 1 },
    rows: half,
    spilled,
  }))
}

/** Rows that are nowhere but here. */
export function rowsInMemory(batches: readonly Batch[]): number {
  let rows = 0
  for (const batch of batches) if (batch.spilled === null) rows += batch.rows.length
  return rows
}
