import assert from 'node:assert/strict'
import { once } from 'node:events'
import { constants, PerformanceObserver } from 'node:perf_hooks'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { until } from '../../test/support/until.ts'
import { COLLECTED_AFTER, carried } from './carried.ts'

test('what bodies came in is collected each time that so much of them has passed, and nobody else can ask for that', async () => {
  let collected = 0
  const observer = new PerformanceObserver((list) => {
    const isForced = (entry: object) =>
      'detail' in entry && (entry.detail as { flags: number }).flags === constants.NODE_PERFORMANCE_GC_FLAGS_FORCED
    collected += list.getEntries().filter(isForced).length
  })
  observer.observe({ entryTypes: ['gc'] })
  for (let i = 0; i < 64; i++) carried(COLLECTED_AFTER / 8)
  await until(() => collected >= 8, 'each collection to be told of')
  observer.disconnect()
  assert.equal('gc' in globalThis, false)
})

test('threads that need it first at one moment each have it', async () => {
  const module = JSON.stringify(new URL('carried.ts', import.meta.url).href)
  const script = `import(${module}).then(({ carried, COLLECTED_AFTER }) => {
    for (let i = 0; i < 20; i++) carried(COLLECTED_AFTER)
    require('node:worker_threads').parentPort.postMessage('collected')
  })`
  const threads = Array.from({ length: 8 }, () => new Worker(script, { eval: true }))
  const told = await Promise.all(threads.map((thread) => once(thread, 'message')))
  assert.deepEqual(told, Array(8).fill(['collected']))
})
