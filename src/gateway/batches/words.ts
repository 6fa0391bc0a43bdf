import type { BatchRow } from '../../db/batch.ts'
import { isObject, type JsonObject } from '../body/fields.ts'
import type { LineError } from './line-error.ts'

/** Characters of what an upstream says of a batch. */
const LONGEST = 1000

/** Why an upstream refuses a batch altogether, in its words and with the ids that its project knows. */
export function saidBy(batch: BatchRow, object: JsonObject | null): LineError {
  const said = isObject(object?.error) ? object.error : {}
  return wordsOf(batch, said)
}

/** What an upstream says is wrong. */
export function wordsOf(batch: BatchRow, { code, line, message, param }: JsonObject): LineError {
  return {
    code: typeof code === 'string' ? code.slice(0, LONGEST) : 'invalid_request',
    line: Number.isSafeInteger(line) && Number(line) > 0 ? Number(line) : null,
    message:
      typeof message === 'string' ? ourIds(batch, message.slice(0, LONGEST)) : 'The model server refused the batch.',
    param: typeof param === 'string' ? ourIds(batch, param.slice(0, LONGEST)) : null,
  }
}

function ourIds({ id, input_file_id, upstream_file_id, upstream_batch_id }: BatchRow, text: string): string {
  let ours = text
  if (upstream_file_id !== null) ours = ours.replaceAll(upstream_file_id, input_file_id)
  if (upstream_batch_id !== null) ours = ours.replaceAll(upstream_batch_id, id)
  return ours
}
