import assert from 'node:assert/strict'
import { test } from 'node:test'
import { goesOn, isSound, type Point, shareThreads, type Work, windowOf } from './shared-threads.ts'

const limits = { window: 1e9, cents: null }
const going: Work = { kind: 'settle', calls: 1e9, limits }

/** Where, at which times that a call comes there, and in what. */
const points: [Point, readonly number[], Work['kind']][] = [
  ['with the lock', [1, 2], 'settle'],
  ['before something is saved', [1, 3, 14], 'settle'],
  ['when something is saved', [4, 9, 16], 'settle'],
  // Said once for each window: whoever comes later has none to say.
  ['before a name is said', [1], 'settle'],
  ['when a name is said', [4], 'settle'],
  ['before all of it counts', [1, 2], 'settle'],
  ['when all of it counts', [1, 2], 'settle'],
  ['when the lock is free', [1, 2], 'settle'],
  ['with the lock', [2], 'load'],
  ['when something is saved', [1, 3], 'load'],
  ['before all of it counts', [2], 'load'],
]

for (const [point, nths, kind] of points) {
  const what = kind === 'load' ? 'reading' : 'call'
  test(`a thread that is ended ${point} of a ${what} leaves nothing behind, and others go on`, async () => {
    await using shared = shareThreads(2)
    const other = await shared.start(1, going)
    for (const [i, nth] of nths.entries()) {
      const victim = await shared.start(0, { kind, calls: 1e9, limits, park: { point, nth } })
      victim.go()
      await victim.parked()
      const isLocked = !shared.isFree()
      other.go()
      if (i > 0 && !isLocked) await goesOn(other)
      await victim.terminate()
      await shared.keeper.threadEnded(0)
      await goesOn(other)
    }
    other.stop()
    await other.done()
    isSound(shared)
  })
}

for (const point of ['before it is undone', 'when it is undone'] as const) {
  test(`a thread that is ended ${point}, what there was no room for, has taken of no window`, async () => {
    await using shared = shareThreads(1, { windows: 64 })
    const crowding = await shared.start(0, { kind: 'crowd', calls: 0, limits, park: { point, nth: 1 } })
    crowding.go()
    await crowding.parked()
    await crowding.terminate()
    await shared.keeper.threadEnded(0)
    assert.ok(shared.isFree())
    const more = (n: number) => shared.counters.take({ windows: [windowOf(1000 + n)], costs: [1], money: null })
    // Each of its calls needed three: of the 64 that there are one is left.
    assert.ok(more(0).taken)
    assert.throws(() => more(1), { status: 503 })
  })
}

test('a thread that has no memory left leaves nothing behind', async () => {
  await using shared = shareThreads(2)
  const [exhausted, other] = [
    await shared.start(0, { ...going, kind: 'exhaust' }, { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 4 }),
    await shared.start(1, going),
  ]
  for (const one of [exhausted, other]) one.go()
  await exhausted.ended
  await shared.keeper.threadEnded(0)
  await goesOn(other)
  other.stop()
  await other.done()
  isSound(shared)
})
