import { noteBatch, type OpenBatch, openBatches } from '../../../db/batch.ts'
import { isEnding } from '../ending.ts'
import type { BatchRun, Running } from './run-batch.ts'
import { Turns } from './turns.ts'

/** Milliseconds between two notes that a batch is to be asked how it stands. */
const NOTE_MS = 10_000
/** What is noted of one that has ended. */
const ENDED = Number.POSITIVE_INFINITY

/**
 * Which batches are open. The database says so: what has ended, however much there is of it, is not looked at. Whoever moves batches on hears from here
 * when one is to be asked how it stands, and asks rarely by itself.
 */
export class OpenBatches {
  readonly turns: Turns
  readonly #running: Running
  /** Those that have ended, until their rows say so. */
  readonly #ended = new Set<string>()
  /** When it was noted of a batch that it is to be asked, and how many of its lines were done then. */
  readonly #noted = new Map<string, { at: number; done: number }>()

  /** Whether it could not be told how far one is, and not be read which are open: that is said once. */
  #isUnseen = false
  #isUnread = false

  constructor(running: Running) {
    this.#running = running
    this.turns = new Turns(running, ({ id }) => this.#ended.add(id))
  }

  /** Looks what is open by now, and tells how far that is. Never throws: what is known goes on. */
  async look(): Promise<void> {
    const { gate, signal } = this.#running
    try {
      const open = new Set<string>()
      const fresh: OpenBatch[] = []
      for await (const rows of openBatches(gate.db.write)) {
        for (const row of rows) {
          const is = await this.#stateOf(row)
          if (is !== 'none') open.add(row.id)
          if (is === 'new') fresh.push(row)
          else if (is === 'running') this.turns.heard(row)
          else if (is === 'ended') await this.#note(row, ENDED)
        }
      }
      // Who has waited longest comes first.
      for (const row of fresh.sort((a, b) => a.made_at - b.made_at)) this.turns.heard(row)
      for (const { row } of this.turns.runs()) if (!open.has(row.id)) this.turns.drop(row.id)
      for (const id of [...this.#ended, ...this.#noted.keys()]) if (!open.has(id)) this.#forget(id)
      for (const run of this.turns.runs()) await this.#tell(run)
      this.#isUnread = false
    } catch (err) {
      if (!signal.aborted && !this.#isUnread)
        gate.log.warn({ err }, 'which batches are to be run could not be read; those that are known go on')
      this.#isUnread = true
    }
  }

  async #stateOf({ id, status, upstream_batch_id: made }: OpenBatch): Promise<'none' | 'new' | 'running' | 'ended'> {
    if (isEnding(status)) return 'none'
    if (this.turns.has(id)) return 'running'
    if (this.#ended.has(id)) return 'ended'
    // One that nobody knows to be made is none that can be begun.
    if (made === null) return 'none'
    // What cannot be read now fails again where it is run, and waits there.
    const end = await this.#running.kept.end(made).catch(() => null)
    if (end === null) return 'new'
    this.#ended.add(id)
    return 'ended'
  }

  async #tell(run: BatchRun): Promise<void> {
    const { kept, gate } = this.#running
    const { row, progress, underWay } = run
    const done = progress.completed + progress.failed
    if (underWay === 0 && done === (this.#noted.get(row.id)?.done ?? 0)) return
    try {
      await kept.tell(run.id, progress)
      this.#isUnseen = false
    } catch (err) {
      if (!this.#isUnseen) gate.log.warn({ err, batch: row.id }, 'batches go on unseen')
      this.#isUnseen = true
      return
    }
    await this.#note(row, done)
  }

  /** Has one asked how it stands: at once where it has ended, and else not too often. @param done lines of it by now */
  async #note(row: OpenBatch, done: number): Promise<void> {
    const { gate } = this.#running
    const last = this.#noted.get(row.id)
    const now = performance.now()
    const isNew = last?.done !== done
    const isSoon = last !== undefined && now < last.at + NOTE_MS
    if (isSoon ? !isNew || done !== ENDED : !isNew && done !== ENDED) return
    this.#noted.set(row.id, { at: now, done })
    await noteBatch(gate.db.write, row, { due_at: gate.now() })
  }

  #forget(id: string): void {
    this.#ended.delete(id)
    this.#noted.delete(id)
  }
}
