import { sql } from 'kysely'
import { adds } from '../schema-change.ts'

/** Which batches the gate itself has to run: found each second, however many there are that have ended or that others run. */
export const batchesOfGate = adds(async (db) => {
  await sql`create index batch_of_gate on batch (id) where runner = 'gatehouse' and due_at is not null`.execute(db)
})
