import type { BatchEnd, BatchProgress, KeptBatch, KeptBatches } from '../../files/kept-batches.ts'
import type { Gate } from '../../gate.ts'
import { secondsOf } from '../ending.ts'
import { readLine } from '../read-line.ts'
import type { LineFile } from './line-file.ts'
import type { Hold, LineMemory } from './memory.ts'
import { MOST_ANSWER_BYTES, resultsOf } from './results.ts'
import { errorResult } from './run-line.ts'

/** Bytes that are written at once. */
const AT_ONCE = 131_072
const NEWLINE = Buffer.from('\n')
const EXPIRED = 'This request could not be executed before the completion window expired.'

/** Why no other line is begun. */
export type Why = 'cancelled' | 'expired'

export type Concluding = {
  batch: KeptBatch
  progress: BatchProgress
  why: Why | null
  /** Whether it ends also where its results cannot be kept. */
  isGivenUp: boolean
  isDone: (line: number) => boolean
  /** Its lines, from the first. */
  lines: () => LineFile
}

/**
 * Ends a batch none of whose lines is on its way: keeps its results as files of its project's, and writes how it has ended.
 * @throws ApiError 507, 503, while it is not given up: to be tried again
 */
export async function concluded(
  { gate, kept, memory }: { gate: Pick<Gate, 'now' | 'log'>; kept: KeptBatches; memory: LineMemory },
  { batch, progress, why, isGivenUp, isDone, lines }: Concluding,
): Promise<void> {
  using hold = await memory.begin(MOST_ANSWER_BYTES)
  let isLost = false
  const keep = async (which: 'output' | 'error', of: AsyncIterable<Buffer>) => {
    try {
      return await kept.keepResults(batch, which, gathered(of))
    } catch (err) {
      if (!isGivenUp) throw err
      isLost = true
      gate.log.error({ err, batch: batch.of.batchId, which }, 'results of a batch are lost that could not be kept')
      return null
    }
  }
  const written = async function* (isOutput: boolean): AsyncGenerator<Buffer, void, void> {
    for await (const { isGood, text } of resultsOf(kept, batch.id)) {
      if (isGood !== isOutput) continue
      yield text
      yield NEWLINE
    }
    if (!isOutput && why === 'expired') yield* expired(lines(), batch.endpoint, isDone, hold)
  }
  const outputFileId = await keep('output', written(true))
  const errorFileId = await keep('error', written(false))
  const end: BatchEnd = {
    ...{ ...progress, status: why ?? (isLost ? 'expired' : 'completed'), at: secondsOf(gate) },
    ...{ outputFileId, errorFileId },
  }
  await kept.conclude(batch.id, end)
}

/** What is told of lines that were not begun. */
async function* expired(
  lines: LineFile,
  endpoint: string,
  isDone: (line: number) => boolean,
  hold: Hold,
): AsyncGenerator<Buffer, void, void> {
  for (let line = await lines.next(); line !== null; line = await lines.next()) {
    if (isDone(line.number)) continue
    await hold.grow(line.bytes)
    const { customId } = readLine(await lines.take(line, hold), endpoint)
    hold.shrink(line.bytes)
    yield Buffer.from(`${JSON.stringify(errorResult(customId, 'batch_expired', EXPIRED))}\n`)
  }
}

/** The same in larger pieces: a file of many short lines is not written line by line. */
async function* gathered(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, void> {
  let [waiting, bytes]: [Buffer[], number] = [[], 0]
  for await (const piece of pieces) {
    if (bytes + piece.length > AT_ONCE && bytes > 0) {
      yield Buffer.concat(waiting)
      ;[waiting, bytes] = [[], 0]
    }
    if (piece.length > AT_ONCE) {
      yield piece
      continue
    }
    waiting.push(piece)
    bytes += piece.length
  }
  if (bytes > 0) yield Buffer.concat(waiting)
}
