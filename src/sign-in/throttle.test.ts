import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Throttle } from './throttle.ts'

const rate = { most: 3, everyMs: 1000 }

test('so many attempts at once, then one more after each while, and never more than that', () => {
  let now = 0
  const throttle = new Throttle(rate, () => now)
  for (let i = 0; i < 3; i++) assert.equal(throttle.take('a'), 0)
  assert.equal(throttle.take('a'), 1000)
  assert.equal(throttle.take('b'), 0, 'others have theirs')
  now = 400
  assert.equal(throttle.take('a'), 600, 'a refused attempt costs nothing')
  now = 1000
  assert.equal(throttle.take('a'), 0)
  assert.equal(throttle.take('a'), 1000)
  now = 1_000_000
  for (let i = 0; i < 3; i++) assert.equal(throttle.take('a'), 0)
  assert.ok(throttle.take('a') > 0, 'nobody saves more up')
})

test('an attempt that was none is given back, and one who has proven who they are has all of them', () => {
  const throttle = new Throttle(rate, () => 0)
  for (let i = 0; i < 50; i++) {
    assert.equal(throttle.take('a'), 0)
    throttle.giveBack('a')
  }
  for (let i = 0; i < 3; i++) throttle.take('a')
  assert.ok(throttle.take('a') > 0)
  throttle.giveBack('a')
  assert.equal(throttle.take('a'), 0)
  assert.ok(throttle.take('a') > 0)
  throttle.forget('a')
  for (let i = 0; i < 3; i++) assert.equal(throttle.take('a'), 0)
  throttle.giveBack('nobody')
  assert.ok(throttle.take('a') > 0)
})

test('a clock that is set back keeps nobody waiting for it to come round again', () => {
  let now = 86_400_000
  const throttle = new Throttle(rate, () => now)
  for (let i = 0; i < 3; i++) assert.equal(throttle.take('a'), 0)
  now = 0
  assert.equal(throttle.take('a'), 1000)
  now = 400
  assert.equal(throttle.take('a'), 600)
  now = 1000
  assert.equal(throttle.take('a'), 0)
})
