import { dropHold, enqueuedOf, findHold, findSpentAndHeld, moveHold, takeHold } from '../../src/db/batch-held.ts'
import type { Db } from '../../src/db/tables.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { FULL_PROJECT, nth } from '../support/filling.ts'

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
  await findSpentAndHeld(db, organizationId, [FULL_PROJECT, ''], '2026-11')
}
