import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Remembered } from './remembered.ts'

/** What is remembered here: it has a name, and it is somebody's. */
type Grant = { keyId: string; organizationId: string; projectId: string }
const grantOf = (keyId: string): Grant => ({ keyId, organizationId: 'org-1', projectId: 'proj_1' })

/** A cache whose look-ups end when the test says so, on a clock that the test moves. */
function setUp() {
  const loads: PromiseWithResolvers<Grant | null>[] = []
  let time = 1000
  const load = async (_: string, asOf: number) => {
    const asked = Promise.withResolvers<Grant | null>()
    loads.push(asked)
    const value = await asked.promise
    return value && { value, asOf }
  }
  const grants = new Remembered<Grant>({ load, scopeOf: (grant) => grant, kept: 10, catchUp() {}, clock: () => time })
  /** Asks, and answers the look-up that this sets off. */
  const learn = async (hash: string, grant: Grant | null) => {
    const asked = grants.get(hash)
    loads.at(-1)?.resolve(grant)
    assert.equal(await asked, grant)
  }
  const pass = (ms: number) => {
    time += ms
  }
  return { grants, loads, learn, pass }
}

const everything = { organizationId: 'org-1', projectId: null }

test('what somebody else remembers is as old here as it is there, and nobody believes it once something has changed', async () => {
  for (const scope of [everything, null]) {
    const { grants, loads } = setUp()
    const [learn, late] = [grants.learning(), grants.learning()]
    const grant = grantOf('key_1')
    assert.equal(learn('h', { value: grant, asOf: 0 }), grant)
    assert.deepEqual([grants.latelyLoaded('h', 1001)?.value, grants.latelyLoaded('h', 1000)], [grant, null])
    grants.invalidate(scope)
    assert.equal(late('h2', { value: grantOf('key_2'), asOf: 0 }), null)
    assert.deepEqual([grants.latelyLoaded('h2', 60_000), loads.length], [null, 0])
  }
})

test('what somebody else remembers takes the place of what is older here, and not of what is younger', async () => {
  const { grants, learn, pass } = setUp()
  const [old, own, young] = [grantOf('old'), grantOf('own'), grantOf('young')]
  pass(1000)
  await learn('h', own)
  const asOf = 2000
  assert.equal(grants.learning()('h', { value: old, asOf: asOf - 1 }), own)
  assert.equal(grants.peek('h'), own)
  assert.equal(grants.learning()('h', { value: young, asOf: asOf + 1 }), young)
  assert.equal(grants.peek('h'), young)
})

test('what somebody else remembers from before changes that nobody saw serves only while nobody can be asked', async () => {
  const { grants, pass } = setUp()
  const grant = grantOf('key_1')
  pass(1000)
  grants.invalidate(null)
  const found = (asOf: number) => {
    assert.equal(grants.learning()('h', { value: grant, asOf }), grant)
    return [grants.peek('h'), grants.last('h'), grants.latelyLoaded('h', 60_000)?.value]
  }
  assert.deepEqual(found(2000), [undefined, null, grant])
  assert.deepEqual(found(2001), [grant, grant, grant])
})

test('a look-up that ends late does not take the place of what was found true after it began', async () => {
  const { grants, loads, pass } = setUp()
  const asked = grants.get('h')
  pass(1000)
  const young = grantOf('young')
  grants.learning()('h', { value: young, asOf: 1500 })
  loads[0]?.resolve(grantOf('old'))
  await asked
  assert.equal(grants.peek('h'), young)
})

test('what the database did not have is not taken up from somebody who remembers it from before, and is from who asked since', async () => {
  const { grants, learn, pass } = setUp()
  pass(1000)
  await learn('h', null)
  pass(10_000)
  const other = (asOf: number) => grants.learning()('h', { value: grantOf('key_1'), asOf })
  assert.equal(other(1500), null)
  assert.equal(other(2000), null)
  assert.deepEqual(other(2001), grantOf('key_1'))
})
