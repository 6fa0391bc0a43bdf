import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Remembered } from './remembered.ts'

/** What is remembered here: it has a name, and it is somebody's. */
type Grant = { keyId: string; organizationId: string; projectId: string }
const grantOf = (keyId: string, organizationId = 'org-1', projectId = 'proj_1'): Grant => ({
  keyId,
  organizationId,
  projectId,
})

type Load = PromiseWithResolvers<Grant | null> & { hash: string }

const KEPT = 1000
const UNKNOWN_KEPT = 10_000

function remember(find: (hash: string) => Promise<Grant | null>, clock: () => number) {
  const load = async (hash: string, begunAt: number) => {
    const value = await find(hash)
    return value && { value, asOf: begunAt }
  }
  return new Remembered<Grant>({ load, scopeOf: (grant) => grant, kept: KEPT, catchUp() {}, clock })
}

/** A cache whose look-ups end when the test says so, on a clock that the test moves. */
function setUp() {
  const loads: Load[] = []
  let time = 1000
  const grants = remember(
    (hash) => {
      const load = { ...Promise.withResolvers<Grant | null>(), hash }
      loads.push(load)
      return load.promise
    },
    () => time,
  )
  const at = (index: number) => loads[index] ?? assert.fail(`no look-up ${index}`)
  /** Asks, and answers the look-up that this sets off. */
  const learn = async (hash: string, grant: Grant | null) => {
    const asked = grants.get(hash)
    at(loads.length - 1).resolve(grant)
    assert.equal(await asked, grant)
  }
  const pass = (ms: number) => {
    time += ms
  }
  return { grants, loads, at, learn, pass }
}

const everything = { organizationId: 'org-1', projectId: null }

test('a key is looked up once and then known', async () => {
  const { grants, loads, learn } = setUp()
  const grant = grantOf('key_1')
  assert.equal(grants.peek('h'), undefined)
  await learn('h', grant)
  assert.equal(grants.peek('h'), grant)
  assert.equal(await grants.get('h'), grant)
  assert.deepEqual(
    loads.map(({ hash }) => hash),
    ['h'],
  )
})

test('an unknown key is looked up once and then known to be unknown', async () => {
  const { grants, loads, learn } = setUp()
  await learn('h', null)
  assert.equal(grants.peek('h'), null)
  assert.equal(await grants.get('h'), null)
  assert.equal(loads.length, 1)
})

test('callers that miss together share one look-up; callers with other keys do not', async () => {
  const { grants, loads, at } = setUp()
  const asked = Array.from({ length: 100 }, () => grants.get('h'))
  const other = grants.get('other')
  assert.equal(loads.length, 2)
  const grant = grantOf('key_1')
  at(0).resolve(grant)
  at(1).resolve(null)
  for (const answer of await Promise.all(asked)) assert.equal(answer, grant)
  assert.equal(await other, null)
})

for (const known of [true, false]) {
  const what = known ? 'a grant' : 'an unknown key'
  test(`${what} is believed for five seconds from the start of its look-up, and not a millisecond more`, async () => {
    const { grants, loads, at, pass } = setUp()
    const grant = known ? grantOf('key_1') : null
    const asked = grants.get('h')
    pass(2000)
    at(0).resolve(grant)
    await asked
    pass(2999)
    assert.equal(grants.peek('h'), grant)
    pass(1)
    assert.equal(grants.peek('h'), undefined)
    const again = grants.get('h')
    assert.equal(loads.length, 2)
    at(1).resolve(null)
    assert.equal(await again, null)
  })
}

test('using a grant does not keep it fresh', async () => {
  const { grants, learn, pass } = setUp()
  await learn('h', grantOf('key_1'))
  for (let second = 0; second < 5; second++) {
    assert.ok(await grants.get('h'))
    pass(1000)
  }
  assert.equal(grants.peek('h'), undefined)
})

test('a look-up that has taken longer than a grant is believed is shared with nobody new', async () => {
  const { grants, loads, at, pass } = setUp()
  const early = grants.get('h')
  pass(5000)
  const late = grants.get('h')
  assert.equal(loads.length, 2)
  at(0).resolve(grantOf('key_1'))
  at(1).resolve(null)
  assert.ok(await early)
  assert.equal(await late, null)
})

for (const scope of [everything, { organizationId: 'org-1', projectId: 'proj_1' }, null]) {
  const what = scope === null ? 'anything' : scope.projectId === null ? 'the organization' : 'the project'
  test(`a look-up that began before ${what} changed is neither kept nor shared with later callers`, async () => {
    const { grants, loads, at } = setUp()
    const old = grantOf('key_1')
    const before = grants.get('h')
    grants.invalidate(scope)
    const after = grants.get('h')
    assert.equal(loads.length, 2)
    at(0).resolve(old)
    assert.equal(await before, old)
    assert.equal(grants.peek('h'), undefined)
    at(1).resolve(null)
    assert.equal(await after, null)
    assert.equal(grants.peek('h'), null)
  })
}

test('a look-up that began before a change does not overwrite what one after it found, in whatever order they end', async () => {
  const { grants, at } = setUp()
  const before = grants.get('h')
  grants.invalidate(everything)
  const after = grants.get('h')
  at(1).resolve(null)
  assert.equal(await after, null)
  at(0).resolve(grantOf('key_1'))
  await before
  assert.equal(grants.peek('h'), null)
})

test('an old look-up that ends does not separate later callers from the one they share', async () => {
  const { grants, loads, at } = setUp()
  const before = grants.get('h')
  grants.invalidate(everything)
  const after = grants.get('h')
  at(0).resolve(null)
  await before
  const later = grants.get('h')
  assert.equal(loads.length, 2)
  const grant = grantOf('key_1')
  at(1).resolve(grant)
  assert.deepEqual(await Promise.all([after, later]), [grant, grant])
})

test('a change of one project forgets its keys and no others; one of the organization all of its keys', async () => {
  const { grants, learn } = setUp()
  await learn('a', grantOf('key_a', 'org-1', 'proj_1'))
  await learn('b', grantOf('key_b', 'org-1', 'proj_2'))
  await learn('c', grantOf('key_c', 'org-2', 'proj_3'))
  grants.invalidate({ organizationId: 'org-1', projectId: 'proj_1' })
  assert.deepEqual([grants.peek('a'), grants.peek('b')?.keyId], [undefined, 'key_b'])
  grants.invalidate(everything)
  assert.deepEqual([grants.peek('b'), grants.peek('c')?.keyId], [undefined, 'key_c'])
  grants.invalidate(null)
  assert.equal(grants.peek('c'), undefined)
})

test('any change forgets which keys are unknown: one of them may just have been made', async () => {
  const { grants, learn } = setUp()
  await learn('h', null)
  grants.invalidate({ organizationId: 'org-2', projectId: 'proj_9' })
  assert.equal(grants.peek('h'), undefined)
})

test('a failed look-up reaches all who waited for it and is not remembered', async () => {
  const { grants, loads, at } = setUp()
  const outage = new Error('the database is down')
  const asked = [grants.get('h'), grants.get('h')]
  assert.equal(loads.length, 1)
  at(0).reject(outage)
  for (const answer of asked) await assert.rejects(answer, outage)
  assert.equal(grants.peek('h'), undefined)
  const again = grants.get('h')
  assert.equal(loads.length, 2)
  const grant = grantOf('key_1')
  at(1).resolve(grant)
  assert.equal(await again, grant)
})

test('a failed look-up leaves what is known of other keys alone', async () => {
  const { grants, at, loads, learn } = setUp()
  await learn('known', grantOf('key_1'))
  const asked = grants.get('h')
  at(loads.length - 1).reject(new Error('down'))
  await assert.rejects(asked)
  assert.ok(grants.peek('known'))
})

test('grants are bounded: the one loaded longest ago goes', async () => {
  const grants = remember(
    async (hash) => grantOf(hash),
    () => 0,
  )
  for (let i = 0; i <= KEPT; i++) await grants.get(`h${i}`)
  assert.equal(grants.peek('h0'), undefined)
  assert.equal(grants.peek('h1')?.keyId, 'h1')
  assert.equal(grants.peek(`h${KEPT}`)?.keyId, `h${KEPT}`)
})

test('a flood of made-up keys is bounded and evicts no grant', async () => {
  const { grants, learn } = setUp()
  await learn('real', grantOf('key_1'))
  const made = Array.from({ length: UNKNOWN_KEPT + 1 }, (_, i) => `made-up ${i}`)
  for (const hash of made) await learn(hash, null)
  assert.ok(grants.peek('real'))
  assert.equal(grants.peek('made-up 0'), undefined)
  assert.equal(grants.peek('made-up 1'), null)
  assert.equal(grants.peek(made.at(-1) ?? ''), null)
})

test('a key that is looked up again is young again: it is not the next to go', async () => {
  let time = 0
  const grants = remember(
    async (hash) => grantOf(hash),
    () => time,
  )
  for (let i = 0; i < KEPT; i++) await grants.get(`h${i}`)
  time = 5000
  await grants.get('h0')
  await grants.get('one more')
  assert.ok(grants.peek('h0'))
})

test('a key that becomes known is no longer remembered as unknown, and the other way round', async () => {
  const { grants, learn, pass } = setUp()
  const grant = grantOf('key_1')
  for (const found of [null, grant, null, grant]) {
    await learn('h', found)
    assert.equal(grants.peek('h'), found)
    pass(5000)
  }
})

test('what is put together from something older is as old as that', async () => {
  let time = 5000
  const load = async () => ({ value: grantOf('key_1'), asOf: 2000 })
  const grants = new Remembered<Grant>({ load, scopeOf: (grant) => grant, kept: KEPT, catchUp() {}, clock: () => time })
  assert.ok(await grants.get('h'))
  time = 6999
  assert.ok(grants.peek('h'))
  time = 7000
  assert.equal(grants.peek('h'), undefined)
})

test('changes that nobody saw have all asked for anew; while nobody can be asked, what was true lately is known still', async () => {
  const { grants, loads, learn, pass } = setUp()
  const grant = grantOf('key_1')
  await learn('h', grant)
  pass(1000)
  grants.invalidate(null)
  assert.deepEqual([grants.peek('h'), grants.last('h')], [undefined, null])
  assert.deepEqual([grants.latelyLoaded('h', 1001)?.value, grants.latelyLoaded('h', 1000)], [grant, null])
  const asked = grants.get('h')
  assert.equal(loads.length, 2)
  loads[1]?.resolve(grant)
  assert.equal(await asked, grant)
  assert.equal(grants.peek('h'), grant)
})

test('a change that was heard of ends what was true lately, for its own organization alone', async () => {
  const { grants, learn } = setUp()
  const grant = grantOf('key_2', 'org-2')
  await learn('h1', grantOf('key_1'))
  await learn('h2', grant)
  grants.invalidate(null)
  grants.invalidate(everything)
  assert.deepEqual([grants.latelyLoaded('h1', 60_000), grants.latelyLoaded('h2', 60_000)?.value], [null, grant])
})
