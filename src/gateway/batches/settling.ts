import type { BatchRow } from '../../db/batch.ts'
import { isObject } from '../body/fields.ts'
import { parsed } from '../envelopes/refusal.ts'
import { Stint } from '../stint.ts'
import { invalidReply } from '../upstreams/failures.ts'
import { contentOf } from './asking.ts'
import type { ResultLine, Settled } from './charging.ts'
import { type Life, secondsOf } from './ending.ts'
import { isBlank, Lines } from './lines.ts'

/** Lines that are settled together, and bytes after which fewer are. */
const AT_ONCE = 500
const BYTES_AT_ONCE = 1_048_576
/** Bytes that a line of results may have, beyond which nothing of it is read, and all is charged that it can have used. */
const MOST_LINE_BYTES = 64 * 1024 * 1024
/** Seconds behind a batch's window for which results are waited for that its upstream says there are, and has not. */
const PATIENCE = 86_400

/** The files of a batch's results, at its upstream. */
export type Results = Record<'output' | 'error', string | null>

/**
 * Settles all that the results tell, from where it was settled before: each part together with the note up to where. So a server that
 * ends in the middle loses nothing, and no line counts twice.
 * @returns whether all is settled; false where another server does it
 * @throws ApiError where the files cannot be had
 */
export async function settleResults(life: Life, batch: BatchRow, files: Results): Promise<boolean> {
  let now = { settled_output: batch.settled_output, settled_error: batch.settled_error }
  for (const [name, id] of [
    ['settled_output', files.output],
    ['settled_error', files.error],
  ] as const) {
    if (id === null) continue
    for await (const { lines: read, end } of partsOf(life, batch, id, now[name])) {
      // What is in the other file has failed, whatever it says.
      const lines = name === 'settled_output' ? read : read.map(({ unreadBytes: _, ...line }) => line)
      const settled: Settled = { ...now, [name]: end }
      if (!(await life.charging.settle({ ...batch, ...now }, lines, settled))) return false
      life.signal.throwIfAborted()
      now = settled
    }
  }
  return true
}

/** A file's lines from a position on, in parts, each with the position behind it. */
async function* partsOf(
  { gate, signal }: Life,
  { id: batch, upstream, expires_at }: BatchRow,
  file: string,
  from: number,
): AsyncGenerator<{ lines: ResultLine[]; end: number }> {
  const content = await contentOf(gate, upstream ?? '', file, signal)
  if (content === null) {
    const why = { batch, upstream, file }
    if (secondsOf(gate) < (expires_at ?? 0) + PATIENCE) throw invalidReply(new Error('results that are not there'))
    gate.log.error(why, 'the results of a batch are not there: what it has used is not known')
    return
  }
  const reader = new Lines(MOST_LINE_BYTES)
  let [lines, bytes, end]: [ResultLine[], number, number] = [[], 0, from]
  const stint = new Stint()
  const some = async function* (found: ReturnType<Lines['take']>) {
    for (const line of found) {
      if (stint.isOver) {
        await stint.giveWay()
        signal.throwIfAborted()
      }
      if (line.end <= from) continue
      const length = line.end - end
      end = line.end
      bytes += line.bytes?.length ?? 0
      if (line.bytes === null || !isBlank(line.bytes)) lines.push(resultIn(line.bytes, length))
      if (lines.length < AT_ONCE && bytes < BYTES_AT_ONCE) continue
      yield { lines, end }
      ;[lines, bytes] = [[], 0]
    }
  }
  for await (const chunk of content) yield* some(reader.take(chunk))
  yield* some(reader.rest())
  if (lines.length > 0) yield { lines, end }
}

/** @param length in bytes */
function resultIn(bytes: Buffer | null, length: number): ResultLine {
  const line = bytes === null ? null : parsed(bytes.toString())
  if (!isObject(line)) return { customId: '', status: null, body: null, unreadBytes: length }
  const { custom_id, response } = line
  const { status_code, body } = isObject(response) ? response : {}
  return {
    customId: typeof custom_id === 'string' ? custom_id : '',
    status: Number.isInteger(status_code) ? Number(status_code) : null,
    body: isObject(body) ? body : null,
  }
}
