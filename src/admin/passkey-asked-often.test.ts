import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { newOrganization, newUser, type Organization } from '../../test/contract/organizations.ts'
import { until } from '../../test/process/gatehouse.ts'
import { databases } from '../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'
import { Held } from '../../test/support/held.ts'
import { askedFor, beginPasskey, confirmPasskey, withPasskey } from '../../test/support/passkeys.ts'
import { linkFor } from '../../test/support/signing-in.ts'
import { SoftPasskey } from '../../test/support/soft-passkey.ts'
import { deleteExpiredChallenges } from '../db/expired-challenges.ts'
import { Retention } from '../ledger/retention.ts'

const SIGN_IN = '/v1/organization/sign_in'
const BY_LINK = `${SIGN_IN}/password_link/passkey`

for (const database of databases) {
  describe(`${database}: what a passkey has to sign, asked for over and over`, () => {
    let app: TestApp
    let own: Organization
    before(async () => {
      app = await startTestApp({ database })
      own = await newOrganization(app)
    })
    after(() => app[Symbol.asyncDispose]())

    const post = (path: string, body: object) => app.send('POST', path, { key: null, body })
    const someone = async () => withPasskey(app, own.id, await newUser(app, own))
    const told = async (id: string) => {
      const { data } = await own.admin.auditLogs.list({ resource_ids: [id], event_types: ['user.updated'], limit: 100 })
      const changes = data.map(
        (event) => event['user.updated']?.changes_requested as Record<string, unknown> | undefined,
      )
      return changes.filter((change) => change?.passkey === 'asked').length
    }
    const waiting = async (id: string) => {
      const rows = app.db.selectFrom('passkey_challenge').select('hash').where('organization_id', '=', own.id)
      return (await rows.where('user_id', '=', id).execute()).length
    }
    /** Who has the password asks, and who has a link. */
    const ways = async ({ id, claim }: Awaited<ReturnType<typeof someone>>) => {
      const token = await linkFor(app, own.id, id)
      return [() => post(`${SIGN_IN}/passkey`, claim), () => post(BY_LINK, { token })] as const
    }

    test('by the password and by a link together is answered ten times, then twice a minute, and told each time', async () => {
      const of = await someone()
      const [byPassword, byLink] = await ways(of)
      const from = app.now()
      let answered = 0
      // Until both are refused.
      for (let i = 0, refused = 0; refused < 2; i++) {
        const { status, body, headers } = await (i % 2 ? byPassword : byLink)()
        refused = status === 200 ? 0 : refused + 1
        if (status === 200) answered++
        else {
          assert.deepEqual([status, body.error.code], [429, 'rate_limit_exceeded'])
          const seconds = Number(headers.get('retry-after'))
          assert.ok(seconds > 0 && seconds <= 30, `${seconds}`)
        }
        const most = 11 + Math.floor((app.now() - from) / 30)
        assert.ok(answered <= most, `${answered} of ${most}`)
      }
      assert.ok(answered >= 10, `${answered}`)
      const before = await told(of.id)
      assert.equal(before, answered)
      assert.equal(await waiting(of.id), answered)
      app.advance(60)
      assert.equal((await byLink()).status, 200)
      assert.equal(await told(of.id), before + 1)
      // Somebody else is asked, and this user has their codes.
      await askedFor(app, (await someone()).claim)
      assert.equal((await post(SIGN_IN, { ...of.claim, code: of.codes[0] })).status, 200)
    })

    test('voids neither what another is about to sign, nor a passkey that is being added', async () => {
      const of = await someone()
      const added = await beginPasskey(app, of.claim, await of.show())
      const options = await askedFor(app, of.claim)
      const [byPassword, byLink] = await ways(of)
      let answered = 0
      for (let i = 0; i < 5; i++) {
        for (let j = 0; j < (i === 0 ? 9 : 2); j++)
          if ((await (j % 2 ? byPassword : byLink)()).status === 200) answered++
        app.advance(30)
      }
      assert.ok(answered >= 12, `${answered}`)
      assert.equal((await post(SIGN_IN, { ...of.claim, passkey: of.passkey.shown(options) })).status, 200)
      assert.equal((await confirmPasskey(app, of.claim, new SoftPasskey().made(added))).status, 200)
    })

    test('is deleted in batches once nobody can answer any more', async () => {
      const whose = { organization_id: own.id, user_id: own.ownerId, purpose: 'show' as const }
      const rows = (count: number, expires_at: number) =>
        Array.from({ length: count }, (_, i) => ({ ...whose, hash: `${expires_at} ${i}`, expires_at }))
      const now = app.now()
      for (const some of [rows(1500, now), rows(3, now + 1000)]) {
        await app.db.insertInto('passkey_challenge').values(some).execute()
      }
      assert.equal(await deleteExpiredChallenges(app.db, now), true)
      assert.equal(await waiting(own.ownerId), 503)
      const log = { info: () => {}, warn: (fields: object) => assert.fail(JSON.stringify(fields)) }
      const parts = { db: app.db, log, now: () => now * 1000, responsesDays: 30, usageMinutesDays: 30, auditDays: null }
      const retention = new Retention(parts)
      await retention.run()
      await retention.close()
      assert.equal(await waiting(own.ownerId), 3)
      assert.equal(await deleteExpiredChallenges(app.db, now), false)
    })
  })
}

test('by one link, from wherever, four are looked at together and more are refused before', async () => {
  const held = new Held('postgres', '"credential_id", "transports" from "passkey"')
  await using app = await startTestApp({
    database: 'postgres',
    env: { GATEHOUSE_TRUSTED_PROXIES: '127.0.0.1' },
    plugins: [held],
  })
  const own = await newOrganization(app)
  held.released.resolve()
  const { id } = await withPasskey(app, own.id, await newUser(app, own))
  held.hold()
  const body = { token: await linkFor(app, own.id, id) }
  const statuses: number[] = []
  const all = Array.from({ length: 7 }, async (_, i) => {
    const headers = { 'x-forwarded-for': `192.0.2.${i}` }
    statuses.push((await app.send('POST', BY_LINK, { key: null, body, headers })).status)
  })
  await until(() => statuses.length + held.waiting === 7, 'each is looked at or refused')
  assert.deepEqual([statuses, held.waiting], [[429, 429, 429], 4])
  held.released.resolve()
  await Promise.all(all)
  assert.deepEqual(statuses.sort(), [200, 200, 200, 200, 429, 429, 429])
})
