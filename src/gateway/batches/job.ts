import type { Job } from '../../background/job.ts'
import { type BatchRow, dueBatches, noteBatch } from '../../db/batch.ts'
import type { Gate } from '../gate.ts'
import type { Charging } from './charging.ts'
import { ASK_AGAIN_MS, type Life } from './ending.ts'
import { advance } from './life.ts'

/** Milliseconds between two looks at which batches are to be worked on. */
const EVERY_MS = 1000
/** How often it looks for more at once, where some had to wait for their turn. */
const MOST_ROUNDS = 100
/** Moves batches on: judges their files, sends them, asks how they stand and settles what they have used. */
export function batchesJob(gate: Gate, charging: Charging): Job {
  return {
    name: 'batches',
    everyMs: EVERY_MS,
    async run(signal) {
      for (let round = 0; round < MOST_ROUNDS; round++) {
        const due = await dueBatches(gate.db.write, gate.now())
        const turn = inTurn(due)
        for (const batch of turn) {
          if (signal.aborted) return
          await tryAdvance({ gate, charging, signal }, batch)
        }
        if (turn.length === due.length) return
      }
    },
  }
}

/** Those first that only their upstream is asked about; of the others, whose files are to be judged, one of each project. */
function inTurn(due: readonly BatchRow[]): BatchRow[] {
  const projects = new Set<string>()
  const [asked, judged]: [BatchRow[], BatchRow[]] = [[], []]
  for (const batch of due) {
    if (batch.upstream_file_id !== null) asked.push(batch)
    else if (!projects.has(batch.project_id)) {
      projects.add(batch.project_id)
      judged.push(batch)
    }
  }
  return [...asked, ...judged]
}

async function tryAdvance(life: Life, batch: BatchRow): Promise<void> {
  const { gate, signal } = life
  try {
    await advance(life, batch)
  } catch (err) {
    if (signal.aborted) return
    gate.log.warn(
      { err, batch: batch.id, upstream: batch.upstream },
      'a batch could not be moved on; it is tried again',
    )
    await noteBatch(gate.db.write, batch, { due_at: gate.now() + ASK_AGAIN_MS })
  }
}
