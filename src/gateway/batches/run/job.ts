import { setTimeout as sleep } from 'node:timers/promises'
import type { Job } from '../../../background/job.ts'
import type { KeptBatches } from '../../files/kept-batches.ts'
import type { Gate } from '../../gate.ts'
import { ofNobody } from '../validating.ts'
import { BatchRun } from './run-batch.ts'
import { Slots } from './slots.ts'

/** How often it is looked for batches that are to be run, in milliseconds. */
const EVERY_MS = 1000
/** Batches that run at once, of one project and of all; the rest wait for their turn. */
const MOST_OF_PROJECT = 4
const MOST = 32
/** Lines that run at once, of one model and of all. */
const LINES_OF_MODEL = 8
const LINES = 16
/** Milliseconds after which a batch is tried again that could not be gone on with. */
const AGAIN_MS = 10_000

/** Runs the batches that the gate runs itself: all of them on whichever node has the lease. */
export function runnerJob(given: Gate, kept: KeptBatches): Job {
  const gate = ofNobody(given)
  const over = new Set<string>()
  return {
    name: 'batches that the gate runs',
    everyMs: EVERY_MS,
    async run(signal) {
      const slots = new Slots(LINES_OF_MODEL, LINES, signal)
      /** Those that run, with their projects. */
      const running = new Map<string, string>()
      const under = new Set<Promise<void>>()
      const later = new Map<string, number>()
      const hasTurn = (project: string) =>
        running.size < MOST && [...running.values()].filter((one) => one === project).length < MOST_OF_PROJECT
      do {
        for await (const batch of kept.open(over)) {
          const { id, of } = batch
          const isLater = (later.get(id) ?? 0) > performance.now()
          if (signal.aborted || running.has(id) || isLater || !hasTurn(of.projectId)) continue
          running.set(id, of.projectId)
          const run = BatchRun.run({ gate, kept, slots, signal }, batch)
            .catch((err) => {
              if (signal.aborted) return
              later.set(id, performance.now() + AGAIN_MS)
              gate.log.warn({ err, batch: of.batchId }, 'a batch could not be run on; it is gone on with later')
            })
            .finally(() => {
              running.delete(id)
              under.delete(run)
            })
          under.add(run)
        }
        if (under.size > 0) await sleep(EVERY_MS, null, { signal, ref: false }).catch(() => {})
      } while (under.size > 0 && !signal.aborted)
      await Promise.all(under)
    },
  }
}
