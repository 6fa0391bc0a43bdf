import type { BatchRow } from '../../db/batch.ts'

/** Files that are judged at once: each has a line in memory, and all share one thread with everybody's calls. */
const JUDGED_AT_ONCE = 4

/** Works on batches side by side where one need not wait for the other: those of each upstream in turn, and of each project one file that is judged. */
export class Lanes {
  readonly #move: (batch: BatchRow) => Promise<void>
  readonly #signal: AbortSignal
  readonly #busy = new Map<string, Promise<void>>()
  #judged = 0

  /** @param move moves one on; it never rejects */
  constructor(move: (batch: BatchRow) => Promise<void>, signal: AbortSignal) {
    this.#move = move
    this.#signal = signal
  }

  get areIdle(): boolean {
    return this.#busy.size === 0
  }

  /** Begins with those whose lanes are free. */
  begin(due: readonly BatchRow[]): void {
    const lanes = new Map<string, BatchRow[]>()
    for (const batch of due) {
      const lane = laneOf(batch)
      if (this.#busy.has(lane)) continue
      const known = lanes.get(lane)
      if (known === undefined) lanes.set(lane, [batch])
      // What others have to judge comes before the next of the same project.
      else if (!isJudged(batch)) known.push(batch)
    }
    for (const [lane, batches] of lanes) {
      const judges = batches.some(isJudged)
      if (judges && this.#judged >= JUDGED_AT_ONCE) continue
      if (judges) this.#judged++
      const work = this.#inTurn(batches).finally(() => {
        this.#busy.delete(lane)
        if (judges) this.#judged--
      })
      this.#busy.set(lane, work)
    }
  }

  /** Resolves when one of them has come to its end. */
  async oneIsOver(): Promise<void> {
    await Promise.race(this.#busy.values())
  }

  async areOver(): Promise<void> {
    await Promise.all(this.#busy.values())
  }

  async #inTurn(batches: readonly BatchRow[]): Promise<void> {
    for (const batch of batches) {
      if (this.#signal.aborted) return
      await this.#move(batch)
    }
  }
}

/** Whether its file is to be judged, for which no upstream is known yet. */
const isJudged = ({ upstream }: BatchRow) => upstream === null

const laneOf = (batch: BatchRow) => (isJudged(batch) ? `judged ${batch.project_id}` : `at ${batch.upstream}`)
