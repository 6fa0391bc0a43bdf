import {
  EXPIRED,
  type Line,
  type LineError,
  type Outcome,
  readLines,
  usageOf,
  usualAnswer,
  written,
} from './batch-lines.ts'
import { Collection, newId, now, routesOf } from './collection.ts'
import { Content } from './content.ts'
import { invalid, missing, Refusal } from './errors.ts'
import { addFile, expiryOf, type Files } from './files.ts'
import type { Body, Routes } from './server.ts'

export type Status =
  | 'validating'
  | 'failed'
  | 'in_progress'
  | 'finalizing'
  | 'completed'
  | 'expired'
  | 'cancelling'
  | 'cancelled'

export type Batch = {
  id: string
  object: 'batch'
  endpoint: string
  model: string | null
  errors: { object: 'list'; data: LineError[] } | null
  input_file_id: string
  completion_window: string
  status: Status
  output_file_id: string | null
  error_file_id: string | null
  created_at: number
  expires_at: number
  request_counts: { total: number; completed: number; failed: number }
  usage: ReturnType<typeof usageOf>
  metadata: unknown
} & Record<(typeof STAMPS)[number], number | null>

type Beside = { lines: Line[]; outputSeconds: number | undefined }
export type Batches = Collection<Batch, Beside>

/** How a test moves a batch on. */
export type Moved = {
  /** What a line is answered: `usualAnswer` if left out. */
  answer?: (line: Line, index: number) => Outcome
  /** How many lines, the first ones, are done when it expires or is cancelled; else all are. */
  done?: number
  /** What it fails with, whatever its input is. */
  errors?: LineError[]
}

const STAMPS = [
  'in_progress_at',
  'finalizing_at',
  'completed_at',
  'failed_at',
  'expired_at',
  'cancelling_at',
  'cancelled_at',
] as const
const ENDPOINTS = [
  ...['/v1/responses', '/v1/chat/completions', '/v1/embeddings', '/v1/completions', '/v1/moderations'],
  ...['/v1/images/generations', '/v1/images/edits', '/v1/videos'],
]
/** What comes next where nothing is in the way. */
const NEXT: Partial<Record<Status, Status>> = {
  validating: 'in_progress',
  in_progress: 'finalizing',
  finalizing: 'completed',
  cancelling: 'cancelled',
}

export const newBatches = (): Batches => new Collection(missing.batch)

export function addBatch(batches: Batches, body: Body): Batch {
  const created_at = now()
  const stamps = Object.fromEntries(STAMPS.map((name) => [name, null])) as Record<(typeof STAMPS)[number], null>
  const batch: Batch = {
    ...{ id: newId('batch_'), object: 'batch', endpoint: body.endpoint, model: null, errors: null },
    ...{ input_file_id: body.input_file_id, completion_window: '24h', status: 'validating' },
    ...{ output_file_id: null, error_file_id: null, created_at, expires_at: created_at + 86_400 },
    ...stamps,
    request_counts: { total: 0, completed: 0, failed: 0 },
    usage: usageOf([]),
    metadata: body.metadata ?? null,
  }
  return batches.add(batch, { lines: [], outputSeconds: expiryOf(body.output_expires_after) })
}

/**
 * Moves a batch on, by as many steps as it takes; it does so never by itself. One whose input is bad fails instead.
 * @param to where to: the next state if left out
 */
export function moveBatch(batches: Batches, files: Files, id: string, to?: Status, how: Moved = {}): Batch {
  const batch = batches.get(id)
  const aim = to ?? NEXT[batch.status]
  if (aim === undefined) throw new Error(`the batch has ended: ${batch.status}`)
  if (batch.status === 'validating' && aim !== 'failed') validate(batches, files, batch)
  if (aim === 'failed') fail(batch, how.errors ?? [])
  while (batch.status !== 'failed' && batch.status !== aim) {
    const next = aim === 'expired' || aim === 'cancelling' ? aim : NEXT[batch.status]
    if (next === undefined || next === 'validating')
      throw new Error(`a batch does not go from ${batch.status} to ${aim}`)
    if (next === 'finalizing' || next === 'expired' || next === 'cancelled') conclude(batches, files, batch, next, how)
    stamp(batch, next)
  }
  return batch
}

function stamp(batch: Batch, status: Exclude<Status, 'validating'>): void {
  batch.status = status
  batch[`${status}_at`] = now()
}

function fail(batch: Batch, data: LineError[]): void {
  batch.errors = { object: 'list', data }
  stamp(batch, 'failed')
}

function validate(batches: Batches, files: Files, batch: Batch): void {
  const text = files.has(batch.input_file_id) ? files.beside(batch.input_file_id).text() : ''
  const { lines, errors } = readLines(text, batch.endpoint)
  if (errors.length > 0) {
    fail(batch, errors)
    return
  }
  batches.beside(batch.id).lines = lines
  batch.model = lines[0]?.body.model ?? null
  batch.request_counts.total = lines.length
  stamp(batch, 'in_progress')
}

/** Answers the lines, writes the files and sums up. */
function conclude(
  batches: Batches,
  files: Files,
  batch: Batch,
  ending: Status,
  { answer = usualAnswer, done }: Moved,
): void {
  const { lines, outputSeconds } = batches.beside(batch.id)
  const outcomes = lines.slice(0, ending === 'finalizing' ? lines.length : (done ?? lines.length)).map(answer)
  const good = (outcome: Outcome) => 'status_code' in outcome && outcome.status_code < 400
  const undone = ending === 'expired' ? lines.slice(outcomes.length).map(() => EXPIRED) : []
  const file = (which: (outcome: Outcome) => boolean, kind: string) => {
    const text = [...outcomes, ...undone]
      .flatMap((outcome, at) =>
        which(outcome) ? [`${JSON.stringify(written(lines[at]?.custom_id ?? '', outcome))}\n`] : [],
      )
      .join('')
    if (text === '') return null
    const [filename, content] = [`${batch.id}_${kind}.jsonl`, Content.of(text)]
    return addFile(files, { filename, purpose: 'batch_output', content, expiresAfter: outputSeconds }).id
  }
  batch.output_file_id = file(good, 'output')
  batch.error_file_id = file((outcome) => !good(outcome), 'error')
  const completed = outcomes.filter(good).length
  batch.request_counts = { total: lines.length, completed, failed: outcomes.length - completed }
  batch.usage = usageOf(outcomes)
}

export function batchRoutes(batches: Batches, files: Files): Routes {
  return {
    ...routesOf<Batch>('/v1/batches', { of: () => batches, list: {} }),
    'POST /v1/batches': async ({ json }) => {
      const body = await json()
      for (const name of ['input_file_id', 'endpoint', 'completion_window'])
        if (typeof body[name] !== 'string')
          throw invalid(`Missing required parameter: '${name}'.`, name, 'missing_required_parameter')
      if (!ENDPOINTS.includes(body.endpoint))
        throw invalid(`Invalid value: '${body.endpoint}'.`, 'endpoint', 'invalid_value')
      if (body.completion_window !== '24h')
        throw invalid("Invalid value. Supported: '24h'.", 'completion_window', 'invalid_value')
      if (files.get(body.input_file_id).purpose !== 'batch')
        throw invalid("The file's purpose must be 'batch'.", 'input_file_id')
      return addBatch(batches, body)
    },
    'POST /v1/batches/{id}/cancel': ({ ids: [id = ''] }) => {
      const batch = batches.get(id)
      if (batch.status === 'cancelling') return batch
      if (batch.status !== 'validating' && batch.status !== 'in_progress')
        throw new Refusal(409, `Cannot cancel a batch with status '${batch.status}'.`)
      stamp(batch, 'cancelling')
      return batch
    },
  }
}
