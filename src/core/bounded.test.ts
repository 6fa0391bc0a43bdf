import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Bounded } from './bounded.ts'

test('the entry that was set longest ago makes room, and one that is set again does not count as old', () => {
  const map = new Bounded<string | undefined, number>(2)
  map.set(undefined, 1).set('b', 2).set(undefined, 3).set('c', 4)
  assert.deepEqual(
    [...map],
    [
      [undefined, 3],
      ['c', 4],
    ],
  )
  assert.deepEqual([...map.set('d', 5).keys()], ['c', 'd'])
})
