import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'
import type { Attempts } from './attempts.ts'
import { SharedThrottle } from './shared-throttle.ts'
import { Throttle } from './throttle.ts'

const rate = { most: 3, everyMs: 1000 }

describe('attempts', () => {
  let app: TestApp
  let made = 0
  before(async () => {
    app = await startTestApp({ database: 'postgres' })
  })
  after(() => app[Symbol.asyncDispose]())

  /** What counts in this process, and what counts in the database: by the same rules. */
  const makes: [string, (now: () => number) => Attempts][] = [
    ['in memory', (now) => new Throttle(rate, now)],
    ['in PostgreSQL', (now) => new SharedThrottle(app.db, `test${made++}`, rate, now)],
  ]

  for (const [where, make] of makes) {
    test(`${where}: so many attempts at once, then one more after each while, and never more than that`, async () => {
      let now = 0
      const throttle = make(() => now)
      for (let i = 0; i < 3; i++) assert.equal(await throttle.take('a'), 0)
      assert.equal(await throttle.take('a'), 1000)
      assert.equal(await throttle.take('b'), 0, 'others have theirs')
      now = 400
      assert.equal(await throttle.take('a'), 600, 'a refused attempt costs nothing')
      now = 1000
      assert.equal(await throttle.take('a'), 0)
      assert.equal(await throttle.take('a'), 1000)
      now = 1_000_000
      for (let i = 0; i < 3; i++) assert.equal(await throttle.take('a'), 0)
      assert.ok((await throttle.take('a')) > 0, 'nobody saves more up')
    })

    test(`${where}: an attempt that was none is given back, and one who has proven who they are has all of them`, async () => {
      const throttle = make(() => 0)
      for (let i = 0; i < 50; i++) {
        assert.equal(await throttle.take('a'), 0)
        await throttle.giveBack('a')
      }
      for (let i = 0; i < 3; i++) await throttle.take('a')
      assert.ok((await throttle.take('a')) > 0)
      await throttle.giveBack('a')
      assert.equal(await throttle.take('a'), 0)
      assert.ok((await throttle.take('a')) > 0)
      await throttle.forget('a')
      for (let i = 0; i < 3; i++) assert.equal(await throttle.take('a'), 0)
      await throttle.giveBack('nobody')
      assert.ok((await throttle.take('a')) > 0)
    })

    test(`${where}: a clock that is set back keeps nobody waiting for it to come round again`, async () => {
      let now = 86_400_000
      const throttle = make(() => now)
      for (let i = 0; i < 3; i++) assert.equal(await throttle.take('a'), 0)
      now = 0
      assert.equal(await throttle.take('a'), 1000)
      now = 400
      assert.equal(await throttle.take('a'), 600)
      now = 1000
      assert.equal(await throttle.take('a'), 0)
    })

    test(`${where}: of many at once none is one too many`, async () => {
      const throttle = make(() => 0)
      const waits = await Promise.all(Array.from({ length: 20 }, () => throttle.take('a')))
      assert.equal(waits.filter((wait) => wait === 0).length, 3)
      assert.deepEqual([...new Set(waits)].sort(), [0, 1000])
    })
  }
})
