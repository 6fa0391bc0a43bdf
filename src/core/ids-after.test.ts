import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { idSource, isId } from './id.ts'
import { idsAfter } from './ids-after.ts'

const bare = (id: string) => id.slice(-24)

test('whatever the clock says, ids behind an id sort after it and in the order of their making', () => {
  const moment = fc.integer({ min: 0, max: 2 ** 45 })
  fc.assert(
    fc.property(moment, fc.array(moment, { minLength: 1, maxLength: 30 }), (before, readings) => {
      const newest = idSource(() => before)('audit')
      const clock = readings[Symbol.iterator]()
      const newId = idsAfter(
        newest,
        idSource(() => clock.next().value ?? 0),
      )
      const ids = readings.map((_, i) => newId(i % 2 ? 'project' : 'audit'))
      const all = [newest, ...ids].map(bare)
      assert.deepEqual(all.toSorted(), all)
      assert.equal(new Set(all).size, all.length)
      assert.ok(ids.every((id, i) => isId(i % 2 ? 'project' : 'audit', id)))
    }),
  )
})

test('a clock that is right makes the ids that it would have made', () => {
  const newId = () => 'proj_0mblv9z1l0001aaaaaaaaaaa'
  assert.equal(idsAfter('audit_log-0mblv9z1k0009zzzzzzzzzzz', newId)('project'), newId())
})

test('behind the last number of a millisecond comes the next one', () => {
  const slow = () => 'audit_log-0000000000001bbbbbbbbbbb'
  assert.equal(idsAfter('audit_log-0mblv9z1zzzzzaaaaaaaaaaa', slow)('audit'), 'audit_log-0mblv9z200000bbbbbbbbbbb')
})

test('nodes that go on behind the same id make different ones', () => {
  const newest = idSource(() => 1_900_000_000_000)('audit')
  const nodes = Array.from({ length: 200 }, () => {
    return idsAfter(
      newest,
      idSource(() => 5),
    )
  })
  assert.equal(new Set(nodes.map((newId) => newId('user'))).size, 200)
})
