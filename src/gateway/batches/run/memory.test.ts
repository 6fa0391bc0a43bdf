import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Hold, LineMemory } from './memory.ts'

const never = () => new AbortController().signal

/** Whether something is over by now. */
async function isOver(promise: Promise<unknown>): Promise<boolean> {
  const later = Symbol()
  const soon = new Promise((resolve) => setImmediate(resolve, later))
  return (await Promise.race([promise, soon])) !== later
}

test('a line waits until there is memory for it, behind those that asked before, however short it is', async () => {
  const memory = new LineMemory(100, never())
  const first = await memory.begin(80)
  const second = memory.begin(50)
  const third = memory.begin(10)
  assert.deepEqual([await isOver(second), await isOver(third), memory.used], [false, false, 80])
  first[Symbol.dispose]()
  first[Symbol.dispose]()
  const held = await Promise.all([second, third])
  assert.equal(memory.used, 60)
  for (const one of held) one[Symbol.dispose]()
  assert.equal(memory.used, 0)
})

test('a line that is longer than all has its turn where nothing else is held', async () => {
  const memory = new LineMemory(100, never())
  const first = await memory.begin(1)
  const long = memory.begin(1000)
  assert.equal(await isOver(long), false)
  first[Symbol.dispose]()
  ;(await long)[Symbol.dispose]()
  assert.equal(memory.used, 0)
})

test('answers are read on as there is memory, and that of the oldest always: all come to their end', async () => {
  const memory = new LineMemory(100, never())
  const [a, b, c] = (await Promise.all([memory.begin(30), memory.begin(30), memory.begin(30)])) as [Hold, Hold, Hold]
  assert.equal(a.grow(10), null)
  const waitsB = b.grow(10)
  const waitsC = c.grow(10)
  assert.ok(waitsB !== null && waitsC !== null)
  assert.equal(a.grow(500), null)
  assert.deepEqual([await isOver(waitsB), await isOver(waitsC)], [false, false])
  a[Symbol.dispose]()
  await Promise.all([waitsB, waitsC])
  assert.equal(memory.used, 80)
  const again = c.grow(30)
  assert.ok(again !== null)
  b.shrink(20)
  await again
  b[Symbol.dispose]()
  c[Symbol.dispose]()
  assert.deepEqual([memory.used, c.grow(10), memory.used], [0, null, 0])
})

test('all who wait are told where it ends', async () => {
  const over = new AbortController()
  const memory = new LineMemory(10, over.signal)
  const [a, b] = [await memory.begin(5), await memory.begin(5)]
  const [waiting, growing] = [memory.begin(1), b.grow(1)]
  over.abort(new Error('over'))
  await assert.rejects(waiting, /over/)
  await growing
  await assert.rejects(memory.begin(1), /over/)
  for (const one of [a, b]) one[Symbol.dispose]()
})
