import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { idSource, isId, type Prefix } from './id.ts'

const forms: [Prefix, RegExp][] = [
  ['organization', /^org-[0-9a-z]{24}$/],
  ['project', /^proj_[0-9a-z]{24}$/],
  ['user', /^user-[0-9a-z]{24}$/],
  ['serviceAccount', /^svc_acct_[0-9a-z]{24}$/],
  ['key', /^key_[0-9a-z]{24}$/],
  ['invite', /^invite-[0-9a-z]{24}$/],
  ['audit', /^audit_log-[0-9a-z]{24}$/],
  ['request', /^req_[0-9a-z]{24}$/],
]

test("an id is the original's prefix and 24 lower-case characters, and is recognised as of its kind only", () => {
  const newId = idSource(Date.now)
  for (const [prefix, form] of forms) {
    const id = newId(prefix)
    assert.match(id, form)
    const kinds = forms.map(([kind]) => kind).filter((kind) => isId(kind, id))
    assert.deepEqual(kinds, [prefix])
  }
})

test('text of another form is no id', () => {
  const good = idSource(Date.now)('project')
  const strange = [
    '',
    'proj_',
    good.slice(0, -1),
    `${good}a`,
    good.toUpperCase(),
    ` ${good}`,
    `${good}\n`,
    good.slice(5),
  ]
  for (const text of strange) assert.equal(isId('project', text), false, JSON.stringify(text))
})

test('whatever the clock does, ids sort as text in the order of their making', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 2 ** 45 }), { minLength: 2, maxLength: 50 }), (readings) => {
      const clock = readings[Symbol.iterator]()
      const newId = idSource(() => clock.next().value ?? 0)
      const ids = readings.map(() => newId('key'))
      assert.deepEqual(ids.toSorted(), ids)
      assert.equal(new Set(ids).size, ids.length)
      assert.ok(ids.every((id) => isId('key', id)))
    }),
  )
})

test('a clock that steps back for a day does not put new things before old ones', () => {
  let now = 1_900_000_000_000
  const newId = idSource(() => now)
  const first = newId('user')
  now -= 24 * 3600 * 1000
  const second = newId('user')
  now += 25 * 3600 * 1000
  const third = newId('user')
  assert.deepEqual([third, second, first].toSorted(), [first, second, third])
})

test('ids of a later millisecond come after all of an earlier one', () => {
  let now = 1_900_000_000_000
  const newId = idSource(() => now)
  const earlier = Array.from({ length: 1000 }, () => newId('project'))
  now++
  const later = newId('project')
  assert.ok(earlier.every((id) => id < later))
})

test('more than a million ids within one stopped millisecond are all different and in order', () => {
  // 36^4 is where the counter behind the time runs over.
  const newId = idSource(() => 1_900_000_000_000)
  let last = newId('audit')
  for (let i = 0; i < 36 ** 4 + 1; i++) {
    const id = newId('audit')
    if (id <= last) assert.fail(`${id} does not come after ${last}`)
    last = id
  }
  assert.ok(isId('audit', last))
})

test('nodes that make ids at the same millisecond make different ones', () => {
  const nodes = Array.from({ length: 200 }, () => idSource(() => 1_900_000_000_000))
  const ids = nodes.flatMap((newId) => Array.from({ length: 100 }, () => newId('project')))
  assert.equal(new Set(ids).size, 20_000)
})
