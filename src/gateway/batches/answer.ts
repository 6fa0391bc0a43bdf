import { randomBytes } from 'node:crypto'
import { ApiError } from '../../contract/error.ts'
import { isOwnedId } from '../../core/owned.ts'
import { type BatchRow, changeBatch, countWorking, findBatch, insertBatch, listBatches } from '../../db/batch.ts'
import { isTheirs } from '../../ledger/asker.ts'
import { answer } from '../answer.ts'
import { isForm } from '../body/fields.ts'
import { readBody } from '../body/read-body.ts'
import type { Call } from '../call.ts'
import type { Gate } from '../gate.ts'
import { missing, shown, wrongValue } from '../invalid.ts'
import { letInAgain } from '../let-in.ts'
import { notFound } from '../references.ts'
import { takeOne } from '../take-one.ts'
import { type NewBatch, newBatchIn } from './new-batch.ts'
import { viewOf } from './view.ts'

type Does = 'create' | 'list' | 'retrieve' | 'cancel'

const LIMIT = { usual: 20, most: 100 }
/** Batches of a project that have not ended, at most. */
const MOST_WORKING = 1000
/** Seconds of the only window that there is. */
const WINDOW = 86_400
/** What stands in a row of which nothing has become yet. */
const NOTHING_YET = {
  ...{ model: null, upstream: null, upstream_file_id: null, upstream_batch_id: null, output_file_id: null },
  copying: null,
  ...{ error_file_id: null, errors: null, usage: null, in_progress_at: null, finalizing_at: null, completed_at: null },
  ...{ failed_at: null, expired_at: null, cancelling_at: null, cancelled_at: null, sent_at: null, held: null },
  ...{ request_total: 0, request_completed: 0, request_failed: 0, enqueued_tokens: 0, reserved_nano: 0 },
  ...{ settled_output: 0, settled_error: 0 },
} as const satisfies Partial<BatchRow>

/**
 * Answers the routes of batches, from what is kept here: no upstream is asked. What is asked of a batch is done in the background.
 * @returns null, or why it is refused: 401, 403 or 429
 * @throws ApiError 400, 404; what the database does
 */
export async function answerBatches(gate: Gate, call: Call, does: Does): Promise<ApiError | null> {
  const { route, response, headers } = call
  if (does === 'create') return create(gate, call)
  const { batch_id: id = '' } = route.ids
  const said =
    does === 'list' ? await list(gate, call) : viewOf(await (does === 'cancel' ? cancel : find)(gate, call, id))
  answer(response, 200, headers, said)
  return null
}

async function create(gate: Gate, call: Call): Promise<ApiError | null> {
  const body = await readBody(gate.bodies, call)
  try {
    const closed = body.waited ? await letInAgain(gate, call) : null
    if (closed !== null) return closed
    const { body: shape } = call.route
    if (shape.kind !== 'object' || body.judged === null || isForm(body.judged)) throw missing('input_file_id')
    const wanted = newBatchIn(body.judged.fields, shape.fields)
    const refused = await takeOne(gate, call)
    if (refused !== null) return refused
    await needsInput(gate, call, wanted.input_file_id)
    if ((await countWorking(gate.db.read, call.grant.rules, MOST_WORKING)) >= MOST_WORKING) throw tooMany()
    const row = rowOf(gate, call, wanted)
    await insertBatch(gate.db.write, row)
    answer(call.response, 200, call.headers, viewOf(row))
    return null
  } finally {
    body.release()
  }
}

/** @throws ApiError 404 where the file is not the project's; 400 where it is there for something else */
async function needsInput({ owners }: Gate, { grant }: Call, id: string): Promise<void> {
  const [owner = null] = isOwnedId(id) ? await owners.find([{ kind: 'file', id }], grant.rules) : []
  if (!isTheirs(owner, grant.rules)) throw notFound({ kind: 'file', id, param: 'input_file_id', isIfKept: false })
  if (owner?.label !== 'batch') throw wrongValue('input_file_id', "expected a file with the purpose 'batch'.")
}

function rowOf({ now }: Gate, { grant, at }: Call, wanted: NewBatch): BatchRow {
  const created_at = Math.floor(at / 1000)
  return {
    ...NOTHING_YET,
    ...wanted,
    id: `batch_${randomBytes(16).toString('hex')}`,
    organization_id: grant.rules.organizationId,
    project_id: grant.rules.projectId,
    ...{ key_id: grant.keyId, user_id: grant.ownerId, runner: 'upstream', status: 'validating' },
    ...{ made_at: now(), created_at, expires_at: created_at + WINDOW, due_at: now() },
  }
}

async function find({ db }: Gate, { grant }: Call, id: string): Promise<BatchRow> {
  const row = await findBatch(db.read, grant.rules, id)
  if (row === null) throw noBatch(id)
  return row
}

/** Asks for its end, as long as it is validated or run. */
async function cancel(gate: Gate, call: Call, id: string): Promise<BatchRow> {
  for (;;) {
    const row = await find(gate, call, id)
    if (row.status === 'cancelling') return row
    if (row.status !== 'validating' && row.status !== 'in_progress')
      throw new ApiError('batch_not_cancellable', `Cannot cancel a batch with status '${row.status}'.`)
    const at = gate.now()
    const change = { status: 'cancelling', cancelling_at: Math.floor(at / 1000), due_at: at } as const
    const changed = await changeBatch(gate.db.write, row, change)
    // Somebody has moved it on meanwhile.
    if (changed !== null) return changed
  }
}

async function list({ db }: Gate, { grant, route }: Call): Promise<object> {
  const query = new URLSearchParams(route.upstreamPath.split('?', 2)[1])
  const after = query.get('after')
  const said = query.get('limit')
  const limit = said === null ? LIMIT.usual : Number(said)
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT.most)
    throw wrongValue('limit', `expected an integer from 1 to ${LIMIT.most}.`)
  if (after !== null && !isOwnedId(after)) throw noBatch(after, 'after')
  const rows = await listBatches(db.read, grant.rules, { after, limit: limit + 1 })
  if (rows === null) throw noBatch(after ?? '', 'after')
  const data = rows.slice(0, limit).map(viewOf)
  const [first_id, last_id] = [data[0]?.id ?? null, data.at(-1)?.id ?? null]
  return { object: 'list', data, first_id, last_id, has_more: rows.length > limit }
}

const tooMany = () =>
  new ApiError(
    'rate_limit_exceeded',
    `Too many batches: at most ${MOST_WORKING} of a project can be waiting or running at the same time.`,
  )

const noBatch = (id: string, param?: string) =>
  new ApiError('object_not_found', `No batch found with id '${shown(id)}'.`, param === undefined ? {} : { param })
