import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Job } from '../../../background/job.ts'
import type { KeptBatches } from '../../files/kept-batches.ts'
import type { Gate } from '../../gate.ts'
import { ofNobody } from '../validating.ts'
import { LineMemory } from './memory.ts'
import { OpenBatches } from './open-batches.ts'
import type { Running } from './run-batch.ts'

/** How often it is looked which batches are open, and told how far those are that run, in milliseconds. */
const LOOK_MS = 1000
/** Milliseconds until something that waits is looked at again. */
const TICK_MS = 100

/**
 * Runs the batches that the gate runs itself: all of them on whichever node has the lease.
 * @param memoryBytes that their lines and the answers to them may take
 */
export function runnerJob(given: Gate, kept: KeptBatches, memoryBytes: number): Job {
  const gate = ofNobody(given)
  return {
    name: 'batches that the gate runs',
    everyMs: LOOK_MS,
    async run(signal) {
      const memory = new LineMemory(memoryBytes, signal)
      await runAll({ gate, kept, memory, signal, runner: randomBytes(8).toString('hex') })
    },
  }
}

async function runAll(running: Running): Promise<void> {
  const { kept, signal } = running
  const open = new OpenBatches(running)
  const { turns } = open
  try {
    await open.look()
    let wasFull = false
    while (!turns.areOver && !signal.aborted) {
      for (const until = performance.now() + LOOK_MS; performance.now() < until && !signal.aborted; ) {
        turns.begin()
        if (turns.areOver) break
        await Promise.race([turns.changed, sleep(TICK_MS, null, { signal, ref: false }).catch(() => {})])
      }
      // Where the disk says by itself that it is full, it says too when there is room again: that is not waited for.
      const isFull =
        turns.isFull &&
        (await kept.checkRoom().then(
          () => false,
          () => true,
        ))
      if (wasFull && !isFull) turns.hasRoom()
      wasFull = isFull
      await open.look()
    }
  } finally {
    await turns.over()
  }
}
