import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { ChangesHere, type ChangesLine } from '../../src/db/changed-across.ts'
import { Remembered } from '../../src/gateway/keys/remembered.ts'
import { SIGNAL } from './signals.ts'

/* A thread that remembers keys by what stands in shared memory, and whose loop stands still while a test says so. */

const { signals, line } = workerData as { signals: Int32Array; line: ChangesLine & { port: MessagePort } }
const changes = new ChangesHere(line)

type Key = { organizationId: string; projectId: string; value: number }

let finish = () => {}
const keys = new Remembered<Key>({
  /** As the database has it when the look-up begins; it ends when the test says so, or at once. */
  load: async (key, asOf) => {
    const value = Atomics.load(signals, SIGNAL.recorded)
    if (key === 'slow') await new Promise<void>((resolve) => (finish = resolve))
    const [organizationId = '', projectId = ''] = key.split(' ')
    return { value: { organizationId, projectId, value }, asOf }
  },
  scopeOf: (key) => key,
  kept: 100,
  catchUp: () => changes.catchUp(),
})
const heard: unknown[] = []
changes.subscribe((scope) => {
  heard.push(scope)
  keys.invalidate(scope)
})

function tell(place: number): void {
  Atomics.store(signals, place, 1)
  Atomics.notify(signals, place)
}

/** Stands still, with its loop, until the test has changed something. */
function standStill(): void {
  tell(SIGNAL.go)
  Atomics.wait(signals, SIGNAL.handedOver, 0)
  Atomics.store(signals, SIGNAL.handedOver, 0)
}

export const tasks = {
  get: async (key: string) => (await keys.get(key))?.value,
  /** What is believed right after something changed, by who has not come to the loop since. */
  peekAfterChange(wanted: string[]) {
    standStill()
    return wanted.map((key) => keys.peek(key)?.value ?? null)
  },
  /** The change comes while the look-up is under way, and nothing is asked between. */
  async loadMeanwhile() {
    const found = keys.get('slow')
    await Promise.resolve()
    standStill()
    finish()
    const { value } = (await found) ?? {}
    return [value, keys.peek('slow')?.value ?? null]
  },
  heard() {
    changes.catchUp()
    return heard.splice(0)
  },
}

export type Tasks = typeof tasks

parentPort?.on('message', async ({ task, ask }: { task: keyof Tasks; ask: never }) => {
  parentPort?.postMessage(await tasks[task](ask))
})
