import { setTimeout as sleep } from 'node:timers/promises'
import { ApiError } from '../../../contract/error.ts'
import type { OpenBatch } from '../../../db/batch.ts'
import type { BatchProgress, KeptBatch, KeptBatches } from '../../files/kept-batches.ts'
import type { Adding } from '../../files/store.ts'
import type { Gate } from '../../gate.ts'
import { asBrought } from '../../routes/brought.ts'
import { routeOf } from '../../routes/match.ts'
import { secondsOf } from '../ending.ts'
import { readLine } from '../read-line.ts'
import { concluded, type Why } from './conclude.ts'
import { type LineAt, LineFile } from './line-file.ts'
import { LineSet } from './line-set.ts'
import type { Hold, LineMemory } from './memory.ts'
import { MOST_ANSWER_BYTES, type Note, noteOf, resultsOf, writeNote } from './results.ts'
import { runGrant } from './run-grant.ts'
import { type Attempt, attemptLine, type LineOf } from './run-line.ts'

/** Lines of a batch that are begun and not done. */
const AT_ONCE = 8
/** How often a line is tried that its model server may have begun, and milliseconds until it is tried again: twice as long each time. */
const MOST_TRIES = 3
const FIRST_AGAIN_MS = 500
/** Milliseconds until an answer is tried to be kept again for which there was no room. */
const FIRST_KEEP_MS = 1000
const LONGEST_KEEP_MS = 30_000
/** Seconds behind its window after which a batch ends whose results cannot be kept, without them. */
const GIVEN_UP = 86_400

const JSON_BODY = { 'content-type': 'application/json' }

export type Running = { gate: Gate; kept: KeptBatches; memory: LineMemory; signal: AbortSignal; runner: string }

/** A line that was tried. @property notBefore on the clock of `performance.now` */
type Again = { line: LineAt; tries: number; notBefore: number }

/** What came of beginning a line. */
export type Begun = 'done' | 'room' | 'away' | 'failed' | 'nothing'

/**
 * One batch that the gate runs, from where it stands to its end. While none of its lines is on its way it holds no more than where it stands, so that as
 * many as like may wait.
 */
export class BatchRun {
  readonly #running: Running
  readonly #over = new AbortController()
  #row: OpenBatch
  #opened: Promise<KeptBatch> | null = null
  #file: LineFile | null = null
  /** Lines are found one after the other. */
  #finding: Promise<unknown> = Promise.resolve()
  #isAllFound = false
  readonly #done: LineSet
  readonly #again: Again[] = []
  #underWay = 0
  #adding: Promise<Adding> | null = null
  #addings = 0
  /** Answers that are not kept yet. */
  #unkept = 0
  /** How far it is. */
  readonly progress: BatchProgress

  constructor(running: Running, row: OpenBatch) {
    this.#running = running
    this.#row = row
    this.#done = new LineSet(row.request_total)
    const usage = { input: 0, cached: 0, output: 0, reasoning: 0 }
    this.progress = { total: row.request_total, completed: 0, failed: 0, usage }
  }

  /** What it is called where it is kept. */
  get id(): string {
    return this.#row.upstream_batch_id ?? ''
  }

  get row(): OpenBatch {
    return this.#row
  }

  get underWay(): number {
    return this.#underWay
  }

  /** It stands otherwise by now; what it was made with stays. */
  heard(row: OpenBatch): void {
    this.#row = { ...row, upstream_batch_id: row.upstream_batch_id ?? this.#row.upstream_batch_id }
  }

  /** It is run here no more: what is on its way is left, and what was answered kept, as far as that can be. Never throws. */
  async leave(): Promise<void> {
    this.#over.abort()
    await this.#adding?.then(
      (adding) => adding.close(),
      () => {},
    )
  }

  /** Why no other line is begun; null: some may be. */
  get why(): Why | null {
    if (this.#row.status === 'cancelling') return 'cancelled'
    const { expires_at: expires } = this.#row
    const isLeft = !this.#isAllFound || this.#again.length > 0 || this.#underWay > 0
    return expires !== null && secondsOf(this.#running.gate) >= expires && isLeft ? 'expired' : null
  }

  /** Whether its results have been tried to be kept for so long that it is to end without them. */
  get isGivenUp(): boolean {
    const { expires_at: expires } = this.#row
    return expires !== null && secondsOf(this.#running.gate) >= expires + GIVEN_UP
  }

  /** @param now on the clock of `performance.now` */
  mayBegin(now: number): boolean {
    if (this.why !== null || this.#underWay >= AT_ONCE) return false
    if (this.#again.some(({ notBefore }) => notBefore <= now)) return true
    return !this.#isAllFound && this.#underWay + this.#again.length < AT_ONCE
  }

  /** Whether nothing is left but its end. */
  get isDone(): boolean {
    if (this.#underWay + this.#unkept > 0) return false
    return this.why !== null || (this.#isAllFound && this.#again.length === 0)
  }

  /**
   * Begins its next line, and resolves when that is over.
   * @param full told where its answer cannot be kept, and is held until it can
   * @throws what storing or reading throws, and the signal's reason: it is gone on with later
   */
  async begin(full: () => void): Promise<Begun> {
    this.#underWay++
    try {
      await this.#running.kept.checkRoom()
      const again = await this.#next()
      if (again === null) return 'nothing'
      try {
        return await this.#run(again, full)
      } catch (error) {
        // It stands where it stood.
        this.#again.push({ ...again, notBefore: 0 })
        throw error
      }
    } finally {
      this.#underWay--
      if (this.#underWay === 0) this.#file?.rest()
    }
  }

  /** Writes how it has ended. @throws ApiError 507, 503: to be tried again */
  async conclude(): Promise<void> {
    const batch = await this.#open()
    const { gate, kept, memory } = this.#running
    await concluded(
      { gate, kept, memory },
      {
        ...{ batch, progress: this.progress, why: this.why, isGivenUp: this.isGivenUp },
        ...{ isDone: (line) => this.#done.has(line), lines: () => this.#linesOf(batch) },
      },
    )
  }

  /** What it is, and what was done of it by whoever ran it before. */
  #open(): Promise<KeptBatch> {
    this.#opened ??= this.#read().catch((error) => {
      this.#opened = null
      throw error
    })
    return this.#opened
  }

  async #read(): Promise<KeptBatch> {
    const { kept, memory } = this.#running
    const batch = await kept.find(this.id)
    using _ = await memory.begin(MOST_ANSWER_BYTES)
    for await (const result of resultsOf(kept, this.id)) this.#count(result)
    this.#file = this.#linesOf(batch)
    return batch
  }

  #linesOf = (batch: KeptBatch) => new LineFile((at, bytes) => this.#running.kept.readInput(batch, at, bytes))

  #count({ line, isGood, usage }: Omit<Note, 'text'>): void {
    if (this.#done.has(line)) return
    this.#done.add(line)
    if (isGood) this.progress.completed++
    else this.progress.failed++
    const { usage: all } = this.progress
    all.input += usage.input
    all.cached += usage.cached
    all.output += usage.output
    all.reasoning += usage.reasoning
  }

  async #next(): Promise<Again | null> {
    await this.#open()
    const now = performance.now()
    const at = this.#again.findIndex(({ notBefore }) => notBefore <= now)
    const [again] = at < 0 ? [] : this.#again.splice(at, 1)
    if (again !== undefined) return again
    const found = this.#finding.then(() => this.#find())
    this.#finding = found.catch(() => {})
    return found
  }

  async #find(): Promise<Again | null> {
    for (;;) {
      const line = (await this.#file?.next()) ?? null
      if (line === null) this.#isAllFound = true
      if (line === null) return null
      if (!this.#done.has(line.number)) return { line, tries: 0, notBefore: 0 }
    }
  }

  async #run({ line, tries }: Again, full: () => void): Promise<Begun> {
    // Twice: as it is sent, and as what was used is counted by.
    const hold = await this.#running.memory.begin(2 * line.bytes)
    let isKept = false
    try {
      if (this.why !== null) {
        this.#again.push({ line, tries, notBefore: 0 })
        return 'nothing'
      }
      const attempt = await this.#attempt(line, hold)
      if ('again' in attempt && (attempt.again !== 'failed' || tries + 1 < MOST_TRIES)) {
        const isTried = attempt.again === 'failed'
        const notBefore = isTried ? performance.now() + FIRST_AGAIN_MS * 2 ** tries : 0
        this.#again.push({ line, tries: isTried ? tries + 1 : tries, notBefore })
        return attempt.again
      }
      await this.#keep(noteOf(line.number, attempt.result), hold, full)
      isKept = true
      return 'done'
    } finally {
      if (!isKept) hold[Symbol.dispose]()
    }
  }

  async #attempt(line: LineAt, hold: Hold): Promise<Attempt> {
    const { gate, signal } = this.#running
    const { endpoint } = await this.#open()
    const route = asBrought(routeOf('POST', endpoint, gate.offers), JSON_BODY)
    const grant = () => runGrant(gate, this.#row, route)
    const of: LineOf = { gate, grant, route, signal: AbortSignal.any([signal, this.#over.signal]) }
    const read = async () => {
      const file = this.#file as LineFile
      return { ...readLine(await file.take(line, hold), endpoint), bytes: line.bytes, hold }
    }
    return attemptLine(of, await read())
  }

  /** What was answered is paid for: it is held until it is kept, however long there is no room for it. Resolves when the next one can come. */
  async #keep(note: Note, hold: Hold, full: () => void): Promise<void> {
    const { gate, signal } = this.#running
    const text = writeNote(note)
    const kept = () => {
      this.#unkept--
      this.#count(note)
      hold[Symbol.dispose]()
    }
    this.#unkept++
    for (let ms = FIRST_KEEP_MS; ; ms = Math.min(ms * 2, LONGEST_KEEP_MS)) {
      try {
        await this.#add(text, kept)
        return
      } catch (err) {
        if (!(err instanceof ApiError) || this.isGivenUp || this.#over.signal.aborted || signal.aborted) {
          this.#unkept--
          throw err
        }
        full()
        gate.log.warn({ err, batch: this.#row.id }, 'an answer cannot be kept; it is held, and tried again')
        await sleep(ms, null, { signal, ref: false }).catch(() => {})
      }
    }
  }

  async #add(text: string, kept: () => void): Promise<void> {
    const { kept: batches, runner, signal } = this.#running
    this.#adding ??= batches.addTo(this.id, `${runner}-${this.#addings++}`, signal)
    const opened = this.#adding
    try {
      await (await opened).add(text, kept)
    } catch (error) {
      // Nothing more is added by one that has failed.
      if (this.#adding === opened) this.#adding = null
      throw error
    }
  }
}
