import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { OWN_UPSTREAM } from '../../../core/offer.ts'
import { type BatchRow, findBatch } from '../../../db/batch.ts'
import type { BatchEnd, BatchProgress, KeptBatch, KeptBatches } from '../../files/kept-batches.ts'
import type { Gate } from '../../gate.ts'
import { asBrought } from '../../routes/brought.ts'
import { routeOf } from '../../routes/match.ts'
import { contentOf } from '../asking.ts'
import { isEnding, secondsOf } from '../ending.ts'
import { isBlank, Lines } from '../lines.ts'
import { type ReadLine, readLine } from '../read-line.ts'
import { addUsage, isGood, keyOfLine, resultsOf } from './results.ts'
import { runGrant } from './run-grant.ts'
import { type Attempt, attemptLine, errorResult, type LineOf, type LineResult } from './run-line.ts'
import type { Slots } from './slots.ts'

/** Bytes of a judged line, at most; it was shorter when it was judged. */
const MOST_LINE_BYTES = 64 * 1024 * 1024
/** Lines that are begun and not done. */
const AT_ONCE = 8
/** How often a line is tried that its model server may have begun. */
const MOST_TRIES = 3
/** Milliseconds until a line looks for room again, and until one is tried again whose model server is away: twice as long each time. */
const ROOM_MS = 250
const LONGEST_ROOM_MS = 2000
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 30_000
/** How often it is told how far a batch is, and looked whether it is to end, in milliseconds. */
const TELL_MS = 1000

const JSON_BODY = { 'content-type': 'application/json' }
const EXPIRED = 'This request could not be executed before the completion window expired.'

export type Running = { gate: Gate; kept: KeptBatches; slots: Slots; signal: AbortSignal }

type Why = 'cancelled' | 'expired' | null

/** One batch that the gate runs, from where it stands to its end. */
export class BatchRun {
  readonly #running: Running
  readonly #batch: KeptBatch
  readonly #done = new Set<string>()
  readonly #progress: BatchProgress
  readonly #line: LineOf
  /** Why no other line is begun. */
  #why: Why = null
  #row: BatchRow

  private constructor(running: Running, batch: KeptBatch, row: BatchRow) {
    this.#running = running
    this.#batch = batch
    this.#row = row
    if (row.status === 'cancelling') this.#why = 'cancelled'
    const { gate, signal } = running
    const route = asBrought(routeOf('POST', batch.endpoint, gate.offers), JSON_BODY)
    this.#line = { gate, grant: () => runGrant(gate, row, route), route, signal }
    const usage = { input: 0, cached: 0, output: 0, reasoning: 0 }
    this.#progress = { total: row.request_total, completed: 0, failed: 0, usage }
  }

  /** Runs it. @throws what storing or reading throws, and the signal's reason: then it is gone on with later, here or elsewhere */
  static async run(running: Running, batch: KeptBatch): Promise<void> {
    const { gate, kept } = running
    const row = await findBatch(gate.db.read, batch.of, batch.of.batchId)
    const nothing = { total: 0, completed: 0, failed: 0, usage: { input: 0, cached: 0, output: 0, reasoning: 0 } }
    if (row === null || isEnding(row.status)) {
      const at = secondsOf(gate)
      await kept.conclude(batch.id, { ...nothing, status: 'cancelled', at, outputFileId: null, errorFileId: null })
      return
    }
    await new BatchRun(running, batch, row).#run()
  }

  async #run(): Promise<void> {
    const { kept, signal } = this.#running
    for await (const { result } of resultsOf(kept, this.#batch.id)) this.#count(result)
    const out = await kept.addTo(this.#batch.id, randomBytes(8).toString('hex'), signal)
    try {
      await this.#look()
      // Looks on while lines wait, and while they run.
      const looking = new AbortController()
      const looks = this.#lookOn(looking.signal)
      try {
        await this.#runAll((result) => out.add(`${JSON.stringify(result)}\n`, () => this.#count(result)))
      } finally {
        looking.abort()
        await looks
      }
      signal.throwIfAborted()
      await out.flush()
    } finally {
      await out.close()
    }
    await this.#conclude()
  }

  #count(result: LineResult): void {
    this.#done.add(keyOfLine(result.custom_id))
    if (isGood(result)) this.#progress.completed++
    else this.#progress.failed++
    addUsage(this.#progress.usage, result)
  }

  async #look(): Promise<void> {
    const { gate, kept } = this.#running
    await kept.tell(this.#batch.id, this.#progress)
    if (await kept.isCancelled(this.#batch.id)) this.#why = 'cancelled'
    else if (secondsOf(gate) >= (this.#row.expires_at ?? Number.POSITIVE_INFINITY)) this.#why = 'expired'
  }

  async #lookOn(over: AbortSignal): Promise<void> {
    const { gate, signal } = this.#running
    const either = AbortSignal.any([over, signal])
    while (!either.aborted) {
      await sleep(TELL_MS, null, { signal: either, ref: false }).catch(() => {})
      if (either.aborted) return
      await this.#look().catch((err) => gate.log.warn({ err, batch: this.#batch.of.batchId }, 'a batch goes on unseen'))
    }
  }

  /** Every line that has no result yet. @param keep what is told of each */
  async #runAll(keep: (result: LineResult) => Promise<void>): Promise<void> {
    const { kept, signal } = this.#running
    const under = new Set<Promise<void>>()
    let failure: unknown = null
    for await (const line of this.#lines()) {
      if (this.#done.has(keyOfLine(line.customId))) continue
      while (under.size >= AT_ONCE) await Promise.race(under)
      signal.throwIfAborted()
      if (this.#why !== null || failure !== null) break
      await kept.checkRoom().catch((error) => {
        failure ??= error
      })
      if (failure !== null) break
      const one = this.#runLine(line)
        .then((result) => (result === null || signal.aborted ? undefined : keep(result)))
        .catch((error) => {
          failure ??= error
        })
        .finally(() => {
          under.delete(one)
        })
      under.add(one)
    }
    await Promise.all(under)
    if (failure !== null) throw failure
  }

  /** @returns null where it is not to be run any more */
  async #runLine({ customId, body }: ReadLine): Promise<LineResult | null> {
    const text = JSON.stringify(body)
    for (let tries = 0, looks = 0, pauses = 0; ; ) {
      const attempt = await this.#attempt(customId, text)
      if (attempt === null) return null
      if (!('again' in attempt)) return attempt.result
      if (attempt.again === 'failed' && ++tries >= MOST_TRIES) return attempt.result
      const isFull = attempt.again === 'room'
      await this.#pause(
        isFull
          ? Math.min(ROOM_MS * 2 ** looks++, LONGEST_ROOM_MS)
          : Math.min(FIRST_PAUSE_MS * 2 ** pauses++, LONGEST_PAUSE_MS),
      )
    }
  }

  /** What waits for room, or for a model server, takes nobody's place meanwhile. */
  async #attempt(customId: string, text: string): Promise<Attempt | null> {
    const giveBack = await this.#running.slots.take(this.#row.model ?? '')
    try {
      return this.#why === null ? await attemptLine(this.#line, customId, JSON.parse(text)) : null
    } finally {
      giveBack()
    }
  }

  /** Not so long that an end is not heard of. */
  async #pause(ms: number): Promise<void> {
    const { signal } = this.#running
    const until = performance.now() + ms
    while (this.#why === null && performance.now() < until)
      await sleep(Math.min(ROOM_MS, ms), null, { signal, ref: false })
  }

  async *#lines(): AsyncGenerator<ReadLine> {
    const { gate, signal } = this.#running
    const content = await contentOf(gate, OWN_UPSTREAM, this.#batch.inputFileId, signal)
    if (content === null) throw new Error('the judged lines of a batch are not there')
    const reader = new Lines(MOST_LINE_BYTES)
    const { endpoint } = this.#batch
    const read = function* (lines: ReturnType<Lines['take']>) {
      for (const { bytes } of lines) if (bytes !== null && !isBlank(bytes)) yield readLine(bytes, endpoint)
    }
    for await (const chunk of content) yield* read(reader.take(chunk))
    yield* read(reader.rest())
  }

  async #conclude(): Promise<void> {
    const { gate, kept, signal } = this.#running
    const status = this.#why ?? 'completed'
    const of = async function* (this: BatchRun, isOutput: boolean): AsyncGenerator<string> {
      for await (const { result, text } of resultsOf(kept, this.#batch.id))
        if (isGood(result) === isOutput) yield `${text}\n`
      if (isOutput || status !== 'expired') return
      for await (const { customId } of this.#lines())
        if (!this.#done.has(keyOfLine(customId)))
          yield `${JSON.stringify(errorResult(customId, 'batch_expired', EXPIRED))}\n`
    }.bind(this)
    const outputFileId = await kept.keepResults(this.#batch, 'output', of(true))
    const errorFileId = await kept.keepResults(this.#batch, 'error', of(false))
    signal.throwIfAborted()
    const end: BatchEnd = { ...this.#progress, status, at: secondsOf(gate), outputFileId, errorFileId }
    await kept.conclude(this.#batch.id, end)
  }
}
