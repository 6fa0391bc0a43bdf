import { ApiError } from '../../contract/error.ts'
import { findOpenResponse } from '../../db/background-responses.ts'
import type { Call } from '../call.ts'
import type { Gate } from '../gate.ts'
import { lookAt } from './settle-response.ts'

/**
 * Before a response is deleted it is settled, where it was made in the background: nobody could ask later what it has used.
 * @throws ApiError 400 for one that has not ended; where its model server cannot be asked
 */
export async function settleBeforeEnd(gate: Gate, { route, grant }: Call): Promise<void> {
  const { ends, ids } = route
  const id = ids.response_id
  if (ends !== 'response_id' || id === undefined || !gate.offers.has('background')) return
  const row = await findOpenResponse(gate.db.write, grant.rules.organizationId, id)
  if (row === undefined || (await lookAt(gate, row))) return
  const message = `The response '${id}' is not over, and is deleted only then. Cancel it first.`
  throw new ApiError('invalid_value', message, { param: 'response_id' })
}
