import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { countHashes } from '../../test/support/counted-hashes.ts'
import type { TestApp } from '../../test/support/harness.ts'

// Before anything that hashes is loaded.
const hashes = countHashes()
const { newEmail, newOrganization, newUser } = await import('../../test/contract/organizations.ts')
const { databases } = await import('../../test/support/databases.ts')
const { until } = await import('../../test/process/gatehouse.ts')
const { startTestApp } = await import('../../test/support/harness.ts')
const { linkFor, newPassword, signInNew } = await import('../../test/support/signing-in.ts')

const V1 = '/v1/organization'
const SIGN_IN = `${V1}/sign_in`
/** A server that believes who it is told that a request comes from. */
const env = { GATEHOUSE_TRUSTED_PROXIES: '127.0.0.1' }
const MANY = 40

type Ask = (i: number) => { path: string; body: object; ip: string }

/** What somebody can ask for over and over, whose password, link or invite is right; and how many of that are worked on at once. */
const cases: { what: string; most: number; asks: (app: TestApp, own: Own) => Promise<Ask> }[] = [
  {
    what: 'sign-ins with one right password, from everywhere',
    most: 4,
    asks: async (app, own) => {
      const { email } = await newUser(app, own)
      const { password } = await signInNew(app, own.id, email)
      // The organization may be named or not, and the address be written in any way.
      const named = [{ organization_id: own.id }, {}]
      return (i) => {
        const body = { email: i % 3 ? email : email.toUpperCase(), password, ...named[i % 2] }
        return { path: SIGN_IN, body, ip: `192.0.2.${i}` }
      }
    },
  },
  {
    what: 'sign-ins with any addresses, from one network',
    most: 8,
    asks: async () => (i) => {
      return { path: SIGN_IN, body: { email: newEmail(), password: 'wrong' }, ip: `2001:db8::${i}` }
    },
  },
  {
    what: 'changes of one password',
    most: 4,
    asks: async (app, own) => {
      const { email } = await newUser(app, own)
      const { password } = await signInNew(app, own.id, email)
      const body = { email, password, new_password: newPassword() }
      return (i) => ({ path: `${SIGN_IN}/password`, body, ip: `192.0.2.${i}` })
    },
  },
  {
    what: 'passwords set by one link',
    most: 4,
    asks: async (app, own) => {
      const { id } = await newUser(app, own)
      const body = { token: await linkFor(app, own.id, id), password: newPassword() }
      return (i) => ({ path: `${SIGN_IN}/password_link`, body, ip: `192.0.2.${i}` })
    },
  },
  {
    what: 'acceptances of one invite, with a password',
    most: 4,
    asks: async (app, own) => {
      const { id } = await own.admin.invites.create({ email: newEmail(), role: 'reader' })
      const { body: made } = await app.send('POST', `${V1}/invites/${id}/link`, { key: own.key })
      const body = { token: made.path.split('#')[1], name: 'Newcomer', password: newPassword() }
      return (i) => ({ path: `${V1}/invites/accept`, body, ip: `192.0.2.${i}` })
    },
  },
]
type Own = Awaited<ReturnType<typeof newOrganization>>

for (const database of databases) {
  describe(`${database}: passwords that are worked on`, () => {
    let app: TestApp
    let own: Own
    before(async () => {
      app = await startTestApp({ database, env })
      own = await newOrganization(app)
    })
    after(() => app[Symbol.asyncDispose]())

    for (const { what, most, asks } of cases) {
      test(`of ${what} are ${most} at once, and somebody else signs in beside them`, async () => {
        const send = ({ path, body, ip }: ReturnType<Ask>) =>
          app.send('POST', path, { key: null, body, headers: { 'x-forwarded-for': ip } })
        const ask = await asks(app, own)
        const { email } = await newUser(app, own)
        const { password } = await signInNew(app, own.id, email)
        const { release } = hashes.hold()
        const begun = hashes.count
        const refused: string[] = []
        const all = Array.from({ length: MANY }, async (_, i) => {
          const { status, headers, body } = await send(ask(i))
          if (status === 429) refused.push(`${headers.get('retry-after')} ${body.error.code}`)
          return status
        })
        await until(async () => refused.length === MANY - most, 'all others are refused')
        const beside = send({ path: SIGN_IN, body: { email, password }, ip: '203.0.113.1' })
        release()
        assert.equal((await beside).status, 200)
        const statuses = await Promise.all(all)
        // A change of a password is two, and one is of who signs in beside.
        assert.ok(hashes.count - begun <= 2 * most + 1, `${hashes.count - begun} more`)
        assert.equal(statuses.filter((status) => status === 429).length, MANY - most)
        assert.deepEqual([...new Set(refused)], ['1 rate_limit_exceeded'])
        const later = await send(ask(0))
        assert.ok(later.status !== 429 && later.status < 500, later.text)
      })
    }

    test('strangers who try an address take the turn of no link of its user', async () => {
      const { id, email } = await newUser(app, own)
      const link = { token: await linkFor(app, own.id, id), password: newPassword() }
      const { release } = hashes.hold()
      /** As many at once, from everywhere. @returns what they are told, as far as it is known */
      const told = (path: string, body: object, many: number) => {
        const statuses: number[] = []
        const all = Array.from({ length: many }, async (_, i) => {
          const headers = { 'x-forwarded-for': `192.0.2.${i}` }
          statuses.push((await app.send('POST', path, { key: null, body, headers })).status)
        })
        return { statuses, all: Promise.all(all) }
      }
      const tries = told(SIGN_IN, { email, password: 'wrong' }, MANY)
      await until(() => tries.statuses.length === MANY - 4, 'all that the address may have at work are')
      // Of the link there are as many, and the fifth is refused.
      const uses = told(`${SIGN_IN}/password_link`, link, 5)
      await until(() => uses.statuses.length > 0, 'one too many')
      release()
      await Promise.all([tries.all, uses.all])
      assert.deepEqual(uses.statuses.sort(), [200, 404, 404, 404, 429])
    })
  })
}
