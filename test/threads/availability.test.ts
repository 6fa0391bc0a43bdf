import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Dependency } from '../../src/core/dependency.ts'
import { newSignals } from './signals.ts'
import { serverOf, startLedgerThread } from './threads.ts'

test('whether the database can be asked is watched once, and every thread knows it; their doubts are told there', async () => {
  const log = { info() {}, warn() {} }
  const told = { log, metrics: { gauge() {}, count() {} }, clock: () => 0 }
  const database = new Dependency('database', { away: 'away', back: 'back' }, told)
  let doubts = 0
  const availability = {
    get isThere() {
      return database.isThere
    },
    follow: database.follow.bind(database),
    doubt: () => void doubts++,
  }
  const server = serverOf({ availability })
  await using one = startLedgerThread(server, newSignals())
  assert.deepEqual(await one.run('database', undefined), [true, []])
  await one.run('doubt', 1000)
  await one.run('find', { kind: 'response', id: 'resp_1' })
  assert.equal(doubts, 1, 'everybody has the same doubt at once')
  database.is(false)
  await using other = startLedgerThread(server, newSignals())
  for (const thread of [one, other]) {
    await thread.run('find', { kind: 'response', id: 'resp_1' })
    assert.deepEqual(await thread.run('database', undefined), [false, [false]])
    await thread.run('doubt', 1)
  }
  database.is(true)
  for (const thread of [one, other]) {
    await thread.run('find', { kind: 'response', id: 'resp_1' })
    assert.deepEqual(await thread.run('database', undefined), [true, [false, true]])
  }
  assert.equal(doubts, 1, 'that it is away is known')
})
