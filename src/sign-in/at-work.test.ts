import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AtWork, TooManyOfOne } from './at-work.ts'

test('so much of each name is at work at once, whether it succeeds or fails, and others have theirs', async () => {
  const atWork = new AtWork(2)
  for (let round = 0; round < 3; round++) {
    const [first, second, other] = [1, 2, 3].map(() => Promise.withResolvers<number>())
    if (!first || !second || !other) return assert.fail()
    const running = [first, second].map(({ promise }) => atWork.run('a', () => promise))
    await assert.rejects(
      atWork.run('a', async () => 1),
      TooManyOfOne,
    )
    const beside = atWork.run('b', () => other.promise)
    first.reject(new Error('failed'))
    await assert.rejects(running[0] ?? Promise.resolve(), /failed/)
    assert.equal(await atWork.run('a', async () => 7), 7)
    second.resolve(2)
    other.resolve(3)
    assert.deepEqual([await running[1], await beside], [2, 3])
  }
})
