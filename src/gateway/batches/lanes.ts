import type { Lanes } from '../../background/lanes.ts'
import type { BatchRow } from '../../db/batch.ts'

/** Files that are judged at once: each has a line in memory, and all share one thread with everybody's calls. */
const JUDGED_AT_ONCE = 4

/** Works on batches where one need not wait for the other: those of each upstream in turn, and of each project one file that is judged. */
export class BatchLanes {
  readonly #lanes: Lanes<BatchRow>
  #judged = 0

  constructor(lanes: Lanes<BatchRow>) {
    this.#lanes = lanes
  }

  /** Begins with those whose lanes are free. */
  begin(due: readonly BatchRow[]): void {
    const lanes = new Map<string, BatchRow[]>()
    for (const batch of due) {
      const lane = laneOf(batch)
      if (this.#lanes.isBusy(lane)) continue
      const known = lanes.get(lane)
      if (known === undefined) lanes.set(lane, [batch])
      // What others have to judge comes before the next of the same project.
      else if (!isJudged(batch)) known.push(batch)
    }
    for (const [lane, batches] of lanes) {
      const judges = batches.some(isJudged)
      if (judges && this.#judged >= JUDGED_AT_ONCE) continue
      const over = this.#lanes.begin(lane, batches)
      if (judges) this.#count(over)
    }
  }

  #count(over: Promise<void>): void {
    this.#judged++
    void over.then(() => this.#judged--)
  }
}

/** Whether its file is to be judged, for which no upstream is known yet. */
const isJudged = ({ upstream }: BatchRow) => upstream === null

const laneOf = (batch: BatchRow) => (isJudged(batch) ? `judged ${batch.project_id}` : `at ${batch.upstream}`)
