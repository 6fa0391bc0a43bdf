import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pause } from './pause.ts'

test('after a refusal nobody tries for a while, twice as long each time and no longer than the longest; then one does', () => {
  const pause = new Pause(100, 350)
  let now = 0
  for (const ms of [100, 200, 350, 350]) {
    assert.ok(pause.isOpen(now))
    const round = pause.enter()
    pause.refused(round, now)
    assert.deepEqual([pause.isOpen(now), pause.isOpen(now + ms - 1), pause.isOpen(now + ms)], [false, false, true])
    now += ms
  }
  const round = pause.enter()
  assert.equal(pause.isOpen(now), false)
  pause.passed(round)
  assert.ok(pause.isOpen(now))
  pause.refused(pause.enter(), now)
  assert.ok(pause.isOpen(now + 100))
})

test('of many who are refused at the same time one counts, and who comes back late from before says nothing', () => {
  const pause = new Pause(100, 1000)
  const rounds = [pause.enter(), pause.enter(), pause.enter()]
  for (const round of rounds.slice(1)) pause.refused(round, 0)
  assert.deepEqual([pause.isOpen(99), pause.isOpen(100)], [false, true])
  pause.passed(rounds[0] as number)
  assert.equal(pause.isOpen(99), false)
})

test('who tries and finds nothing out leaves it to another; what is said to be gone may be tried at once', () => {
  const pause = new Pause(100, 1000)
  pause.refused(pause.enter(), 0)
  const round = pause.enter()
  assert.equal(pause.isOpen(500), false)
  pause.left(round)
  assert.ok(pause.isOpen(500))
  pause.refused(pause.enter(), 500)
  assert.equal(pause.isOpen(501), false)
  pause.end()
  assert.ok(pause.isOpen(501))
})
