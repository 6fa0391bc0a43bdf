import { parentPort, workerData } from 'node:worker_threads'
import { type BodyMemory, SharedBodyBudget } from '../../src/gateway/body/shared-budget.ts'
import { Lock } from '../../src/gateway/counters/shared/lock.ts'

/*
 * A thread that takes and gives as bodies do, without an end, and says in memory that threads and test share what it holds: never more than
 * the budget has, for it says so after it took and before it gives.
 */

const PROJECTS = 4

type Given = { memory: BodyMemory; index: number; held: Int32Array; seen: Int32Array; dies: boolean }
const { memory, index, held, seen, dies } = workerData as Given

/** Places in `seen`. */
const [TAKEN, FULL, OVER] = [0, 1, 2]

const budget = new SharedBodyBudget(memory, index)

/** What all threads say that they hold; of one project, or of all. */
function said(project: number | null): number {
  let sum = 0
  for (let thread = 0; thread < memory.threads; thread++) {
    for (let each = 0; each < PROJECTS; each++) {
      if (project === null || each === project) sum += Atomics.load(held, thread * PROJECTS + each)
    }
  }
  return sum
}

function takeAndGive(turn: number): void {
  const project = turn % PROJECTS
  const share = budget.share(`proj_${project}`)
  const bytes = 1 + ((turn * 7) % 45)
  try {
    share.take(bytes, bytes)
  } catch {
    Atomics.add(seen, FULL, 1)
    return
  }
  Atomics.add(held, index * PROJECTS + project, bytes)
  Atomics.add(seen, TAKEN, 1)
  if (said(null) > memory.limitBytes || said(project) > memory.limitBytes / 2) Atomics.add(seen, OVER, 1)
  Atomics.sub(held, index * PROJECTS + project, bytes)
  share.give(bytes)
}

if (dies) {
  budget.share('proj_0').take(40, 40)
  new Lock(new Int32Array(memory.bytes), index).take()
  parentPort?.postMessage('dying')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}
parentPort?.postMessage('going')
for (let turn = index; ; turn++) takeAndGive(turn)
