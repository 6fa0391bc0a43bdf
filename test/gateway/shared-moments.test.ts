import { test } from 'node:test'
import { BEGUN, goesOn, isSound, shareThreads, type Thread, type Work } from './shared-threads.ts'

/** Threads that are ended at some moment, three at a time beside one that goes on. */
const MOMENTS = Number(process.env.TEST_MOMENTS ?? 12)

const going: Work = { kind: 'settle', calls: 1e9, limits: { window: 1e9, cents: null } }

/** Some calls later, which is wherever the thread happens to be. */
async function someCalls({ words }: Thread): Promise<void> {
  const until = 1 + Math.random() * 2000
  while (Atomics.load(words, BEGUN) < until) await new Promise(setImmediate)
}

test('threads that are ended at any moment of their calls leave nothing behind, and others go on', async (t) => {
  await using shared = shareThreads(4)
  const other = await shared.start(3, going)
  other.go()
  let ended = 0
  for (; ended < MOMENTS; ended += 3) {
    const victims = await Promise.all([0, 1, 2].map((i) => shared.start(i, going)))
    for (const one of victims) {
      Atomics.store(one.words, BEGUN, 0)
      one.go()
    }
    await Promise.all(
      victims.map(async (one, i) => {
        await someCalls(one)
        await one.terminate()
        await shared.keeper.threadEnded(i)
      }),
    )
    await goesOn(other)
  }
  other.stop()
  await other.done()
  isSound(shared)
  const { levels, spent } = shared.state()
  t.diagnostic(`${ended} threads ended; ${spent} nano-dollars spent, ${levels[0]} of a limit`)
})
