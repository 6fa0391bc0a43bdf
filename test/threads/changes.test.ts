import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { Worker } from 'node:worker_threads'
import { Changed } from '../../src/db/changed.ts'
import { ChangesToThreads } from '../../src/db/changed-across.ts'
import type { Tasks } from './changes-thread.ts'
import { newSignals, SIGNAL } from './signals.ts'

/** Two threads that hear of what changes here. */
function setUp() {
  const changed = new Changed()
  const toThreads = new ChangesToThreads(changed)
  const threads = [1, 2].map(() => {
    const signals = newSignals()
    const line = toThreads.line()
    const worker = new Worker(new URL('./changes-thread.ts', import.meta.url), {
      ...{ execArgv: [], workerData: { signals, line }, transferList: [line.port] },
    })
    const run = async <T extends keyof Tasks>(task: T, ...[ask]: Parameters<Tasks[T]>): Promise<unknown> => {
      worker.postMessage({ task, ask })
      return (await once(worker, 'message'))[0]
    }
    return { signals, worker, run }
  })
  return {
    changed,
    threads,
    /** Waits, with this loop, until all stand still; changes something, and lets them go. */
    whileStill(change: () => void) {
      for (const { signals } of threads) Atomics.wait(signals, SIGNAL.go, 0)
      change()
      for (const { signals } of threads) {
        Atomics.store(signals, SIGNAL.go, 0)
        Atomics.store(signals, SIGNAL.handedOver, 1)
        Atomics.notify(signals, SIGNAL.handedOver)
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(threads.map(({ worker }) => worker.terminate()))
    },
  }
}

test('a change is seen by every thread once it is published, though its loop stood still all the while', async () => {
  await using all = setUp()
  const keys = ['org-1 proj_1', 'org-1 proj_2', 'org-2 proj_3']
  const cases = [
    { scope: { organizationId: 'org-1', projectId: 'proj_1' }, left: [null, 0, 0] },
    { scope: { organizationId: 'org-1', projectId: null }, left: [null, null, 0] },
    { scope: null, left: [null, null, null] },
  ]
  for (const { scope, left } of cases) {
    for (const key of keys) await Promise.all(all.threads.map(({ run }) => run('get', key)))
    const peeked = all.threads.map(({ run }) => run('peekAfterChange', keys))
    all.whileStill(() => all.changed.publish(scope))
    for (const found of await Promise.all(peeked)) assert.deepEqual(found, left)
  }
})

test('what a thread began to look up before a change it never keeps, however late it hears of the change', async () => {
  await using all = setUp()
  const loaded = all.threads.map(({ run }) => run('loadMeanwhile'))
  all.whileStill(() => {
    for (const { signals } of all.threads) Atomics.store(signals, SIGNAL.recorded, 1)
    all.changed.publish({ organizationId: 'org-9', projectId: null })
  })
  for (const found of await Promise.all(loaded)) assert.deepEqual(found, [0, null])
})

test('a thousand changes are heard once each and in order, and a thread that has ended is told nothing', async () => {
  await using all = setUp()
  const [one, other] = all.threads
  assert.deepEqual(await Promise.all([one?.run('heard'), other?.run('heard')]), [[], []])
  await other?.worker.terminate()
  const published = Array.from({ length: 1000 }, (_, i) => ({ organizationId: `org-${i}`, projectId: null }))
  for (const scope of published) all.changed.publish(scope)
  assert.ok(isDeepStrictEqual(await one?.run('heard'), published))
})
