import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { databases, openTestDatabase, type TestDatabase } from '../../../test/support/databases.ts'
import { DAY_MS, MINUTE_MS } from '../../core/limit.ts'
import { migrate } from '../../db/migrate.ts'
import { openDb } from '../../db/open.ts'
import type { OpenedDb } from '../../db/tables.ts'
import { DailyLevels } from './daily.ts'
import type { Window } from './limiter.ts'
import { MemoryLimiter } from './memory.ts'

const day = (key: string, limit = 100): Window => ({ key, limit, periodMs: DAY_MS })

for (const kind of databases) {
  describe(`limits of a day on ${kind}`, () => {
    let own: TestDatabase
    let db: OpenedDb
    let wall = 0
    before(async () => {
      own = await openTestDatabase(kind)
      db = await openDb(own.url)
      await migrate(db)
    })
    after(async () => {
      await db.destroy()
      await own[Symbol.asyncDispose]()
    })
    beforeEach(async () => {
      wall = 1_790_000_000_000
      await db.deleteFrom('limit_level').execute()
    })

    /** A process: its limiter's clock begins anew, the wall's goes on. */
    const start = async () => {
      const begun = wall
      const limiter = new MemoryLimiter({ clock: () => wall - begun })
      const daily = new DailyLevels(limiter, () => wall)
      await daily.load(db)
      const use = (window: Window, cost: number) => limiter.take([window], [cost])
      const levelOf = (window: Window) => use(window, 0).levels[0]
      return { limiter, daily, use, levelOf }
    }
    const rows = () => db.selectFrom('limit_level').selectAll().orderBy('key').execute()

    test('what was used of a day is still used after a restart, less what has drained in between', async () => {
      const first = await start()
      first.use(day('org-1/model/m/rpd'), 50)
      first.use(day('org-2/proj_1/m/rpd', 1000), 2.5)
      await first.daily.save(db)
      const saved = (await rows()).map(({ organization_id, key, level }) => ({ organization_id, key, level }))
      assert.deepEqual(saved, [
        { organization_id: 'org-1', key: 'org-1/model/m/rpd', level: 50 },
        { organization_id: 'org-2', key: 'org-2/proj_1/m/rpd', level: 2.5 },
      ])
      wall += DAY_MS / 10
      const second = await start()
      assert.equal(second.levelOf(day('org-1/model/m/rpd')), 40)
      assert.equal(second.use(day('org-1/model/m/rpd'), 61).taken, null)
      assert.ok(second.use(day('org-1/model/m/rpd'), 60).taken)
      assert.equal(second.levelOf(day('org-2/proj_1/m/rpd', 1000)), 0)
    })

    test('only days that have changed are written', async () => {
      const { use, daily } = await start()
      use({ key: 'org-1/m/rpm', limit: 10, periodMs: MINUTE_MS }, 5)
      use(day('org-1/a'), 0)
      use(day('org-1/b'), 101)
      await daily.save(db)
      assert.deepEqual(await rows(), [])
      use(day('org-1/a'), 1).taken?.settle([3])
      await daily.save(db)
      assert.deepEqual(
        (await rows()).map(({ level }) => level),
        [3],
      )
      await db.deleteFrom('limit_level').execute()
      await daily.save(db)
      assert.deepEqual(await rows(), [])
    })

    test('what has drained is forgotten at the next start; a clock that was set back drains nothing', async () => {
      const first = await start()
      first.use(day('org-1/a'), 50)
      await first.daily.save(db)
      wall -= DAY_MS
      assert.equal((await start()).levelOf(day('org-1/a')), 50)
      wall += 2 * DAY_MS
      assert.equal((await start()).limiter.size, 0)
      assert.deepEqual(await rows(), [])
    })

    test('many windows come back, whatever their number', async () => {
      const first = await start()
      for (let i = 0; i < 2300; i++) first.use(day(`org-${i % 3}/${i}`), 1 + (i % 9))
      await first.daily.save(db)
      const second = await start()
      assert.equal(second.limiter.size, 2300)
      for (const i of [0, 999, 1000, 2299]) assert.equal(second.levelOf(day(`org-${i % 3}/${i}`)), 1 + (i % 9))
    })

    test('what the database did not take is written the next time', async () => {
      const { use, daily } = await start()
      use(day('org-1/a'), 7)
      await using bare = await openTestDatabase(kind)
      const broken = await openDb(bare.url)
      await assert.rejects(daily.save(broken))
      await broken.destroy()
      await daily.save(db)
      assert.deepEqual(
        (await rows()).map(({ level }) => level),
        [7],
      )
    })
  })
}
