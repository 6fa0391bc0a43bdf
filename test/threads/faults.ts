import { workerData } from 'node:worker_threads'

/*
 * Loaded beside the program into each thread that serves, by tests that have one of them end in a way that nothing outside can
 * bring about. What the program is it does not know.
 */

export type Fault = { thread: number; what: 'throws' | 'fills its memory' }

const channel = new BroadcastChannel('faults')
channel.unref()
channel.onmessage = (event: { data: unknown }) => {
  const { thread, what } = event.data as Fault
  if (thread !== workerData.index) return
  if (what === 'throws') throw new Error('a failure that nobody catches')
  const kept: unknown[] = []
  for (;;) kept.push(new Array(1_000_000).fill(kept.length))
}
