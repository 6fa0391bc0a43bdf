import type { Job } from '../../background/job.ts'
import { Lanes } from '../../background/lanes.ts'
import { type BatchRow, dueBatches, noteBatch } from '../../db/batch.ts'
import type { Gate } from '../gate.ts'
import type { Charging } from './charging.ts'
import { ASK_AGAIN_MS, type Life } from './ending.ts'
import { BatchLanes } from './lanes.ts'
import { advance } from './life.ts'

/** Milliseconds between two looks at which batches are to be worked on. */
const EVERY_MS = 1000

/**
 * Moves batches on: judges their files, sends them, asks how they stand and settles what they have used. One upstream that is silent holds up
 * nobody but its own.
 */
export function batchesJob(gate: Gate, charging: Charging): Job {
  return {
    name: 'batches',
    everyMs: EVERY_MS,
    async run(signal) {
      const lanes = new Lanes<BatchRow>((batch) => tryAdvance({ gate, charging, signal }, batch), signal)
      const ofBatches = new BatchLanes(lanes)
      await lanes.work(async () => ofBatches.begin(await dueBatches(gate.db.write, gate.now())), EVERY_MS)
    },
  }
}

async function tryAdvance(life: Life, batch: BatchRow): Promise<void> {
  const { gate, signal } = life
  const about = { batch: batch.id, upstream: batch.upstream }
  try {
    await advance(life, batch)
  } catch (err) {
    if (signal.aborted) return
    gate.log.warn({ ...about, err }, 'a batch could not be moved on; it is tried again')
    await noteBatch(gate.db.write, batch, { due_at: gate.now() + ASK_AGAIN_MS }).catch((failure: unknown) =>
      gate.log.warn({ ...about, err: failure }, 'it could not be noted when a batch is to be tried again'),
    )
  }
}
