import { Worker } from 'node:worker_threads'

/** How often is looked, and from how much on a look that comes late is a machine that stood still. */
const EVERY_MS = 20
const STILL_MS = 100

const looking = `
const { workerData } = require('node:worker_threads')
const [sleeping, lost] = [new Int32Array(workerData, 0, 1), new Float64Array(workerData, 8, 1)]
for (;;) {
  const before = performance.now()
  Atomics.wait(sleeping, 0, 0, ${EVERY_MS})
  const late = performance.now() - before - ${EVERY_MS}
  if (late > ${STILL_MS}) lost[0] += late
}`

let lost: Float64Array | undefined

/**
 * Milliseconds that this machine has given its programs since this was first asked: a clock that stands still while the machine does, for what is
 * promised within a time. A thread of its own keeps it, so that a program which holds its own loop up is not excused.
 */
export function givenTime(): number {
  if (lost === undefined) {
    const memory = new SharedArrayBuffer(16)
    lost = new Float64Array(memory, 8, 1)
    new Worker(looking, { eval: true, workerData: memory }).unref()
  }
  return performance.now() - (lost[0] ?? 0)
}
