import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import { Slots } from './slots.ts'

const never = () => new AbortController().signal

test('a place is given to who waits longest, and to nobody who comes later', async () => {
  const slots = new Slots(1, 1, never())
  const first = await slots.take('a')
  const order: string[] = []
  const one = async (who: string) => {
    const giveBack = await slots.take('a')
    order.push(who)
    giveBack()
  }
  const waiting = [one('second'), one('third')]
  first()
  await Promise.all([...waiting, one('who came last')])
  assert.deepEqual(order, ['second', 'third', 'who came last'])
})

test('who waits for a name that is full keeps nobody of another name waiting', async () => {
  const slots = new Slots(1, 2, never())
  const [a, b] = [await slots.take('a'), await slots.take('b')]
  const secondA = slots.take('a')
  const secondB = slots.take('b')
  b()
  const giveBack = await secondB
  a()
  ;(await secondA)()
  giveBack()
})

test('many wait and many places are given, and nothing is left of it; no more are taken than there are', async () => {
  const { signal } = new AbortController()
  const slots = new Slots(2, 3, signal)
  const used = new Map<string, number>()
  const [most, mostOfName] = [{ all: 0 }, { one: 0 }]
  let all = 0
  const worker = async (name: string) => {
    for (let takes = 0; takes < 5000 / 32; takes++) {
      const giveBack = await slots.take(name)
      used.set(name, (used.get(name) ?? 0) + 1)
      most.all = Math.max(most.all, ++all)
      mostOfName.one = Math.max(mostOfName.one, used.get(name) ?? 0)
      await null
      used.set(name, (used.get(name) ?? 0) - 1)
      all--
      giveBack()
    }
  }
  await Promise.all(Array.from({ length: 32 }, (_, i) => worker(`model ${i % 2}`)))
  assert.deepEqual([most.all, mostOfName.one], [3, 2])
  assert.equal(getEventListeners(signal, 'abort').length, 1)
})

test('all who wait are told where it ends, and who comes later too', async () => {
  const over = new AbortController()
  const slots = new Slots(1, 1, over.signal)
  const giveBack = await slots.take('a')
  const waiting = [slots.take('a'), slots.take('b')]
  over.abort(new Error('over'))
  for (const one of [...waiting, slots.take('c')]) await assert.rejects(one, /over/)
  giveBack()
})
