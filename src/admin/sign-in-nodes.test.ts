import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newEmail, newOrganization, newUser } from '../../test/contract/organizations.ts'
import { openTestDatabase } from '../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'
import { withFactor } from '../../test/support/second-factor.ts'
import { signInByLink, signInNew } from '../../test/support/signing-in.ts'
import { deleteFullAttempts } from '../db/sign-in-attempts.ts'

const SIGN_IN = '/v1/organization/sign_in'
/** Servers that believe who they are told that a request comes from. */
const env = { GATEHOUSE_TRUSTED_PROXIES: '127.0.0.1' }

async function statusOf(app: TestApp, ip: string, body: object): Promise<number> {
  const headers = { 'x-forwarded-for': ip }
  return (await app.send('POST', SIGN_IN, { key: null, body, headers })).status
}

/** How many of these are 401, and how many 429; there is nothing else. */
function told(statuses: readonly number[]) {
  const count = (wanted: number) => statuses.filter((status) => status === wanted).length
  assert.equal(count(401) + count(429), statuses.length, `${statuses}`)
  return { tried: count(401), refused: count(429) }
}

test('servers on one PostgreSQL count attempts together, also of many at once, and the next one goes on', async () => {
  await using shared = await openTestDatabase('postgres')
  const options = { databaseUrl: shared.url, env }
  await using one = await startTestApp(options)
  const own = await newOrganization(one)
  const { id, email } = await newUser(one, own)
  const { password } = await signInNew(one, own.id, id)
  const wrong = { email, password: 'a wrong one' }
  {
    await using two = await startTestApp(options)
    const nodes = [one, two]
    const at = (i: number) => nodes[i % 2] ?? one
    // Of an account: four are worked on at once on each node, so in rounds of as many.
    const ofAccount: number[] = []
    for (let i = 0; i < 16; i += 4) {
      const some = Array.from({ length: 4 }, (_, j) => statusOf(at(j), `192.0.2.${i + j}`, wrong))
      ofAccount.push(...(await Promise.all(some)))
    }
    assert.deepEqual(told(ofAccount), { tried: 10, refused: 6 })
    assert.equal(await statusOf(two, '198.51.100.1', { email, password }), 429)
    // A link that is used on one proves who it is on the other.
    const { password: another } = await signInByLink(one, own.id, id)
    for (let i = 0; i < 9; i++) assert.equal(await statusOf(at(i), `198.51.100.${i}`, wrong), 401)
    assert.equal(await statusOf(two, '198.51.100.9', { email, password: another }), 200)
    for (let i = 0; i < 9; i++) assert.equal(await statusOf(at(i), `198.51.100.${i}`, wrong), 401)

    // Of a network, over all accounts.
    const ofNetwork: number[] = []
    for (let i = 0; i < 36; i += 4) {
      const some = Array.from({ length: 4 }, (_, j) => {
        return statusOf(at(j), '2001:db8::1', { email: newEmail(), password: 'a wrong one' })
      })
      ofNetwork.push(...(await Promise.all(some)))
    }
    assert.deepEqual(told(ofNetwork), { tried: 30, refused: 6 })
  }
  await using three = await startTestApp(options)
  assert.equal(await statusOf(three, '2001:db8::2', { email: newEmail(), password: 'wrong' }), 429)
  assert.equal(await statusOf(three, '203.0.113.1', wrong), 401, 'the tenth')
  assert.equal(await statusOf(three, '203.0.113.2', wrong), 429)
  three.advance(60)
  assert.equal(await statusOf(three, '2001:db8::2', { email: newEmail(), password: 'wrong' }), 401)
})

test('servers on one PostgreSQL try five codes of a user together, and what is left of attempts is no more than that', async () => {
  await using shared = await openTestDatabase('postgres')
  const options = { databaseUrl: shared.url, env }
  await using one = await startTestApp(options)
  await using two = await startTestApp(options)
  const own = await newOrganization(one)
  const { id, claim, authenticator } = await withFactor(one, own.id, await newUser(one, own))
  const rows = async () => (await one.db.selectFrom('sign_in_attempt').select('name').execute()).map(({ name }) => name)
  assert.deepEqual(await rows(), [], 'who is who they say leaves nothing')
  const tried: number[] = []
  for (let i = 0; i < 8; i++) {
    const body = { ...claim, code: '000000' }
    tried.push(await statusOf(i % 2 ? one : two, `192.0.2.${i}`, body))
  }
  assert.deepEqual(tried, [401, 401, 401, 401, 401, 429, 429, 429])
  assert.equal(await statusOf(two, '198.51.100.1', { ...claim, code: authenticator.code() }), 429)
  const kinds = new Set((await rows()).map((name) => name.split(' ')[0]))
  assert.deepEqual([...kinds].sort(), ['account', 'codes', 'network'])
  assert.ok((await rows()).includes(`codes ${id}`))
  // An hour and a quarter later all are there again, and what says so is deleted, some at a time.
  const later = (one.now() + 4600) * 1000
  while (await deleteFullAttempts(one.db, later));
  assert.deepEqual(await rows(), [])
})

test('what is left of attempts is deleted in batches, and what still counts is kept', async () => {
  await using app = await startTestApp({ database: 'postgres' })
  const row = (i: number) => ({ name: `network ${i}`, full_at_ms: i })
  await app.db
    .insertInto('sign_in_attempt')
    .values(Array.from({ length: 2500 }, (_, i) => row(i)))
    .execute()
  const count = async () => (await app.db.selectFrom('sign_in_attempt').select('name').execute()).length
  assert.equal(await deleteFullAttempts(app.db, 1999), true)
  assert.equal(await count(), 1500)
  assert.equal(await deleteFullAttempts(app.db, 1999), true)
  assert.equal(await deleteFullAttempts(app.db, 1999), false)
  assert.equal(await count(), 500)
})
