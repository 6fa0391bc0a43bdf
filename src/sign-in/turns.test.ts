import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TooMany, Turns } from './turns.ts'

test('so much runs at once, so much waits for its turn in the order in which it came, and more is refused', async () => {
  const turns = new Turns(2, 2)
  const begun: number[] = []
  const ends = new Map<number, PromiseWithResolvers<void>>()
  const take = (n: number) =>
    turns.take(() => {
      begun.push(n)
      const end = Promise.withResolvers<void>()
      ends.set(n, end)
      return end.promise
    })
  const all = [take(1), take(2), take(3), take(4)]
  await assert.rejects(take(5), TooMany)
  assert.deepEqual(begun, [1, 2])
  ends.get(2)?.reject(new Error('failed'))
  await assert.rejects(all[1] ?? Promise.resolve(), /failed/)
  assert.deepEqual(begun, [1, 2, 3])
  const sixth = take(6)
  for (const n of [1, 3, 4, 6]) {
    while (!ends.has(n)) await Promise.resolve()
    ends.get(n)?.resolve()
  }
  await Promise.all([all[0], all[2], all[3], sixth])
  assert.deepEqual(begun, [1, 2, 3, 4, 6])
})
