import { setTimeout as sleep } from 'node:timers/promises'
import type { Job } from '../../background/job.ts'
import { type BatchRow, dueBatches, noteBatch } from '../../db/batch.ts'
import type { Gate } from '../gate.ts'
import type { Charging } from './charging.ts'
import { ASK_AGAIN_MS, type Life } from './ending.ts'
import { Lanes } from './lanes.ts'
import { advance } from './life.ts'

/** Milliseconds between two looks at which batches are to be worked on. */
const EVERY_MS = 1000
/** At least so many between two of them, whatever is still due. */
const PAUSE_MS = 20

/**
 * Moves batches on: judges their files, sends them, asks how they stand and settles what they have used. One upstream that is silent holds up
 * nobody but its own.
 */
export function batchesJob(gate: Gate, charging: Charging): Job {
  return {
    name: 'batches',
    everyMs: EVERY_MS,
    async run(signal) {
      const lanes = new Lanes((batch) => tryAdvance({ gate, charging, signal }, batch), signal)
      try {
        for (;;) {
          lanes.begin(await dueBatches(gate.db.write, gate.now()))
          if (lanes.areIdle || signal.aborted) return
          // Others may come to be due while one lane is held up.
          await Promise.race([lanes.oneIsOver(), sleep(EVERY_MS, undefined, { ref: false })])
          await sleep(PAUSE_MS, undefined, { ref: false })
        }
      } finally {
        await lanes.areOver()
      }
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
