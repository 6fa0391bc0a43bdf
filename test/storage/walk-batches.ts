import {
  changeBatch,
  countWorking,
  dueBatches,
  findBatch,
  insertBatch,
  listBatches,
  noteBatch,
  openBatches,
} from '../../src/db/batch.ts'
import { dropHold, enqueuedOf, findHold, findSpentAndHeld, moveHold, takeHold } from '../../src/db/batch-held.ts'
import type { Db } from '../../src/db/tables.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { loadGrantOf } from '../../src/gateway/keys/grant.ts'
import { FULL_MONTH, FULL_PROJECT, nth } from '../support/filling.ts'

/** The rows of batches, as their routes and what moves them on in the background read and change them. */
export async function walkBatches(db: Db, organizationId: string): Promise<void> {
  const project = { organizationId, projectId: FULL_PROJECT }
  for (const after of [null, nth('batch_', 99), 'batch_nobodys']) await listBatches(db, project, { after, limit: 20 })
  const row = await findBatch(db, project, nth('batch_', 98))
  if (row === null) throw new Error('no batch among many')
  await insertBatch(db, { ...row, id: 'batch_walk', due_at: 1 })
  await countWorking(db, project, 1000)
  for await (const _ of openBatches(db)) {
    // Each page is a statement.
  }
  const [due = row] = await dueBatches(db, 1)
  await changeBatch(db, due, { upstream_file_id: 'file-1', upstream_batch_id: 'batch-1', sent_at: 1 })
  await changeBatch(
    db,
    { ...due, upstream_file_id: 'file-1', upstream_batch_id: 'batch-1', sent_at: 1 },
    { due_at: null },
  )
  await noteBatch(db, due, { due_at: null })
  const load = async () => null
  await loadGrantOf(db, { organizationId, keyId: nth('key_', 99) }, load)
}

/** What batches hold: taken, moved on, given back and read. */
export async function walkHolds(db: Db, organizationId: string): Promise<void> {
  const batch = { organizationId, batchId: nth('batch_', 7) }
  const limit = (key: string) => ({ key: `${organizationId}/${key}`, limit: null })
  const [project, organization] = [limit('project'), limit('organization')]
  const hold = { ...batch, projectId: FULL_PROJECT, project, organization, inputTokens: 1, nano: 2, held: '{}' }
  await inTransaction(db, (tx) => takeHold(tx, hold))
  const taken = await findHold(db, batch)
  if (taken === null) throw new Error('no batch')
  const after = { held: '[]', reserved_nano: 1, settled_output: 3, settled_error: 0 }
  await inTransaction(db, (tx) => moveHold(tx, batch, taken, after))
  await inTransaction(db, (tx) => dropHold(tx, batch, { ...taken, ...after }, [project.key, organization.key]))
  const none = { ...taken, ...after, held: null }
  await inTransaction(db, (tx) => moveHold(tx, batch, none, none))
  await enqueuedOf(db, organizationId, [project.key])
  await findSpentAndHeld(db, organizationId, [FULL_PROJECT, ''], FULL_MONTH)
}
