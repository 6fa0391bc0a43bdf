import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { databases } from '../support/databases.ts'
import { startTestApp, type TestApp } from '../support/harness.ts'
import { idOf, type List } from './list.ts'
import { fixedLists, lists } from './lists.ts'
import { all, newWorld, type World } from './scenario.ts'
import { scenarios } from './scenarios.ts'

test('every list of the official client that is built is walked through', () => {
  const built = Object.keys(scenarios).filter((name) => /\.list\w*$/.test(name))
  const walked = new Set([...lists.map(({ operation }) => operation), ...fixedLists])
  assert.deepEqual([...walked].sort(), built.sort())
})

for (const database of databases) {
  describe(`${database}: the official client walks through a list`, () => {
    let app: TestApp
    before(async () => {
      app = await startTestApp({ database })
    })
    after(() => app[Symbol.asyncDispose]())

    for (const list of lists) {
      const name = list.variant ? `${list.operation}, ${list.variant}` : list.operation
      const filled = async (count: number) => {
        const { world } = await newWorld(app, database)
        return { world, ids: await fill(world, list, count) }
      }

      test(`${name}: every object once and in order, whatever the size of the pages`, async () => {
        const { world, ids } = await filled(7)
        for (const limit of [1, 3, ids.length, 100]) {
          const pages: string[][] = []
          for await (const page of (await list.list(world, { limit })).iterPages()) {
            pages.push(page.data.map(idOf))
            assert.ok(pages.length <= ids.length, 'the list does not end')
          }
          assert.deepEqual(pages.flat(), ids)
          assert.equal(pages.length, Math.ceil(ids.length / limit))
        }
      })

      test(`${name}: nothing is missed when each object is deleted as it is seen`, async () => {
        const { world, ids } = await filled(5)
        const seen: string[] = []
        for await (const item of await list.list(world, { limit: 2 })) {
          const id = idOf(item)
          seen.push(id)
          assert.ok(seen.length <= ids.length, 'the list does not end')
          if (!list.before(world).includes(id)) await list.remove(world, id)
        }
        assert.deepEqual(seen, ids)
        assert.deepEqual(await walk(world, list), list.before(world))
      })

      test(`${name}: the rest is neither missed nor doubled when others come and go meanwhile`, async () => {
        const { world, ids } = await filled(8)
        const seen: string[] = []
        const added: string[] = []
        const [, , cursor = '', , upcoming = ''] = ids.filter((id) => !list.before(world).includes(id))
        for await (const item of await list.list(world, { limit: ids.indexOf(cursor) + 1 })) {
          const id = idOf(item)
          seen.push(id)
          assert.ok(seen.length <= ids.length, 'the list does not end')
          if (id !== cursor) continue
          await list.remove(world, cursor)
          await list.remove(world, upcoming)
          added.push(await list.add(world, 0))
        }
        const rest = ids.filter((id) => id !== upcoming)
        assert.deepEqual(seen, list.newestFirst ? rest : [...rest, ...added])
      })
    }
  })
}

/** Fills a list, which then has these ids in this order. */
async function fill(world: World, list: List, count: number): Promise<string[]> {
  const ids = list.before(world)
  for (let i = 0; i < count; i++) ids.push(await list.add(world, i))
  return list.newestFirst ? ids.reverse() : ids
}

const walk = async (world: World, list: List) => (await all(await list.list(world, { limit: 2 }))).map(idOf)
