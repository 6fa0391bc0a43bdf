import {
  closeResponse,
  dueResponses,
  findOpenResponse,
  noteResponse,
  type OpenResponse,
  openResponse,
} from '../../src/db/background-responses.ts'
import type { Db } from '../../src/db/tables.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { FULL_PROJECT } from '../support/filling.ts'

/** A response in the background, from its beginning to its settlement. */
export async function walkResponses(db: Db, organizationId: string): Promise<void> {
  const row: OpenResponse = {
    ...{ id: 'bg_1', organization_id: organizationId, project_id: FULL_PROJECT, key_id: 'key_1', user_id: 'user-1' },
    ...{ response_id: null, upstream: null, made_at: 1, due_at: 1, reserved_nano: 1, terms: '{}' },
  }
  await openResponse(db, row)
  await noteResponse(db, row, { response_id: 'resp_1', upstream: 'default' })
  for (const notAt of [[], ['other']]) await dueResponses(db, { now: 10, limit: 10, notAt })
  await findOpenResponse(db, organizationId, 'resp_1')
  await inTransaction(db, (tx) => closeResponse(tx, row, async () => {}))
}
