import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Guard } from './guard.ts'

test('where attempts cannot be counted, nothing is looked at that somebody shows', async () => {
  const away = async () => {
    throw new Error('away')
  }
  const guard = new Guard(() => ({ wait: away, take: away, giveBack: away, forget: away }))
  let looked = 0
  const look = async () => {
    looked++
    return { right: true }
  }
  const attempt = { emailKey: 'a@example.com', organizationId: undefined, ip: '192.0.2.1' }
  for (let i = 0; i < 10; i++) {
    await assert.rejects(guard.attempt(attempt, look), /away/)
    await assert.rejects(guard.code({ userId: 'user-1' }, look), /away/)
    await assert.rejects(guard.fromNetwork('192.0.2.1', look), /away/)
    await assert.rejects(guard.ask({ userId: 'user-1' }), /away/)
  }
  assert.equal(looked, 0)
})

test('what fails by itself is no attempt, and who has only begun has made none', async () => {
  const taken = new Map<string, number>()
  const guard = new Guard((kind) => {
    const add = (name: string, by: number) => taken.set(`${kind} ${name}`, (taken.get(`${kind} ${name}`) ?? 0) + by)
    return {
      wait: async () => 0,
      take: async (name) => {
        add(name, 1)
        return 0
      },
      giveBack: async (name) => void add(name, -1),
      forget: async (name) => void taken.set(`${kind} ${name}`, 0),
    }
  })
  const attempt = { emailKey: 'a@example.com', organizationId: undefined, ip: '192.0.2.1' }
  const left = () => [...taken.values()]
  await assert.rejects(
    guard.attempt(attempt, async () => {
      throw new Error('failed')
    }),
    /failed/,
  )
  await guard.attempt(attempt, async () => ({ refused: 'the rest', wasGuess: false }))
  assert.deepEqual(left(), [0, 0])
  await guard.attempt(attempt, async () => ({ refused: 'wrong', wasGuess: true }))
  assert.deepEqual(left(), [1, 1])
  await guard.attempt(attempt, async () => ({ right: true }))
  // A right one gives the account its attempts back, and the network its own alone.
  assert.deepEqual(left().sort(), [0, 1])
})
