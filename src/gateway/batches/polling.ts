import { isOwnedId, type Kept } from '../../core/owned.ts'
import { type BatchChange, type BatchRow, changeBatch, noteBatch } from '../../db/batch.ts'
import { isObject, type JsonObject } from '../body/fields.ts'
import type { Gate } from '../gate.ts'
import { saysGone } from '../objects/ask.ts'
import { atUpstreams } from '../routes/batches.ts'
import { invalidReply } from '../upstreams/failures.ts'
import { askFor } from './asking.ts'
import { ASK_AGAIN_MS, type Ending, end, fail, isEnding, type Life, secondsOf } from './ending.ts'
import { inputLines } from './input.ts'
import { keptErrors, type LineError, MOST_ERRORS } from './line-error.ts'
import { settleResults } from './settling.ts'
import { wordsOf } from './words.ts'

const running = ['validating', 'in_progress', 'finalizing', 'cancelling'] as const
type Running = (typeof running)[number]
const isRunning = (status: unknown): status is Running => (running as readonly unknown[]).includes(status)

/** What is looked at of an upstream's usage. */
const counts = ['input_tokens', 'output_tokens', 'total_tokens']
const details = { input_tokens_details: ['cached_tokens'], output_tokens_details: ['reasoning_tokens'] }

/** Asks a batch's upstream how it stands, or to end it. */
export async function poll(life: Life, batch: BatchRow): Promise<void> {
  const path = `${atUpstreams.batches}/${batch.upstream_batch_id}`
  const { gate, signal } = life
  const upstream = batch.upstream ?? ''
  // Asked again and again until it has ended: what was lost on the way is so not lost.
  if (batch.status === 'cancelling') {
    const { status, object } = await askFor(gate, { method: 'POST', path: `${path}/cancel`, upstream, signal })
    if (status < 300 && object !== null) return apply(life, batch, object)
  }
  const { status, object } = await askFor(gate, { method: 'GET', path, upstream, signal })
  if (saysGone(status, object, String(batch.upstream_batch_id)))
    return fail(life, batch, [
      { code: 'batch_lost', line: null, message: 'The model server has no such batch any more.', param: null },
    ])
  if (status >= 300 || object === null) throw invalidReply(new Error(`the status ${status} for a batch`))
  return apply(life, batch, object)
}

/** What an upstream says of a batch becomes what its project is told, as far as it can be so. */
export async function apply(life: Life, batch: BatchRow, said: JsonObject): Promise<void> {
  const { gate } = life
  const { status } = said
  if (said.id !== batch.upstream_batch_id) throw invalidReply(new Error('another batch than was asked for'))
  const change = { ...stampsIn(said), ...countsIn(batch, said) }
  if (isEnding(status)) return conclude(life, batch, said, status, change)
  if (!isRunning(status)) throw invalidReply(new Error('a batch in no state that there is'))
  const due_at = gate.now() + ASK_AGAIN_MS
  // Its end is asked for here first.
  const now = batch.status === 'cancelling' ? 'cancelling' : status
  const changed = await changeBatch(gate.db.write, batch, {
    ...change,
    ...stampOf(gate, change, now),
    status: now,
    due_at,
  })
  // Somebody has changed it meanwhile, as who asks for its end: that is done at once.
  if (changed === null) await noteBatch(gate.db.write, batch, { due_at: gate.now() })
}

/** Settles what has ended, and gives its project the files of the results. */
async function conclude(
  life: Life,
  batch: BatchRow,
  said: JsonObject,
  status: Ending,
  change: BatchChange,
): Promise<void> {
  const { gate } = life
  const files = { output: fileIn(batch, said.output_file_id), error: fileIn(batch, said.error_file_id) }
  const settled = await settleResults(life, batch, files)
  // Another server does it.
  if (!settled) return
  const strange = await keep(gate, batch, files)
  const shown = (id: string | null) => (id === null || strange.has(id) ? null : id)
  const errors = status === 'failed' ? { errors: keptErrors(await errorsIn(life, batch, said)) } : {}
  await end(life, batch, status, {
    ...{ ...change, ...errors, usage: usageIn(said) },
    ...{ output_file_id: shown(files.output), error_file_id: shown(files.error) },
  })
}

/** What no other thing of this batch is called. */
const fileIn = ({ upstream_file_id, input_file_id }: BatchRow, id: unknown): string | null =>
  typeof id === 'string' && isOwnedId(id) && id !== upstream_file_id && id !== input_file_id ? id : null

/** Makes the files the project's, before anybody is shown them. @returns those that are another's */
async function keep(
  { owners, now, log }: Gate,
  {
    id: batch,
    organization_id: organizationId,
    project_id: projectId,
    upstream,
    output_expires_after: seconds,
  }: BatchRow,
  files: Record<'output' | 'error', string | null>,
): Promise<Set<string>> {
  const expiresAt = seconds === null ? null : Math.floor(now() / 1000) + seconds
  const ids = [...new Set([files.output, files.error])].filter((id) => id !== null)
  const kept = ids.map((id): Kept => ({ kind: 'file', id, label: 'batch_output', expiresAt }))
  const strange = await owners.keep(kept, { organizationId, projectId, upstream: upstream ?? '' })
  for (const { id } of strange)
    log.error({ batch, upstream, id }, "results have the id of a file that is another's: nobody is shown them")
  return new Set(strange.map(({ id }) => id))
}

/** When it came where it is, by its upstream's clock where that says it. */
function stampsIn(said: JsonObject): BatchChange {
  const names = ['in_progress_at', 'finalizing_at', 'completed_at', 'failed_at', 'expired_at', 'cancelled_at'] as const
  return Object.fromEntries(names.flatMap((name) => (isTime(said[name]) ? [[name, said[name]]] : [])))
}

function stampOf(gate: Gate, change: BatchChange, status: Running): BatchChange {
  if (status === 'validating') return {}
  const name = `${status}_at` as const
  return change[name] === undefined && status !== 'cancelling' ? { [name]: secondsOf(gate) } : {}
}

const isTime = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0

/** No more than there are. */
function countsIn({ request_total: total }: BatchRow, { request_counts: said }: JsonObject): BatchChange {
  if (!isObject(said)) return {}
  const most = (value: unknown, bound: number) => Math.min(numberIn(value), bound)
  const request_completed = most(said.completed, total)
  return { request_completed, request_failed: most(said.failed, total - request_completed) }
}

const numberIn = (value: unknown) => (Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : 0)

function usageIn({ usage }: JsonObject): string | null {
  if (!isObject(usage)) return null
  const numbers = (of: JsonObject, names: readonly string[]) => names.map((name) => [name, numberIn(of[name])] as const)
  const within = Object.entries(details).map(([name, names]) => {
    const inner = usage[name]
    return [name, Object.fromEntries(numbers(isObject(inner) ? inner : {}, names))] as const
  })
  return JSON.stringify(Object.fromEntries([...numbers(usage, counts), ...within]))
}

/** What it says is wrong, of the lines as the project knows them. */
async function errorsIn(life: Life, batch: BatchRow, { errors }: JsonObject): Promise<LineError[]> {
  const said = isObject(errors) && Array.isArray(errors.data) ? errors.data.filter(isObject) : [{}]
  const told = said.slice(0, MOST_ERRORS).map((one) => wordsOf(batch, one))
  const lines = await inputLines(
    life,
    batch,
    told.flatMap(({ line }) => line ?? []),
  )
  return told.map((one) => ({ ...one, line: one.line === null ? null : (lines.get(one.line) ?? null) }))
}
