import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { newOrganization, newUser, type Organization } from '../../test/contract/organizations.ts'
import { until } from '../../test/process/gatehouse.ts'
import { databases } from '../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'
import { addPasskey, askedFor, beginPasskey, confirmPasskey, withPasskey } from '../../test/support/passkeys.ts'
import { linkFor, newPassword, signInNew } from '../../test/support/signing-in.ts'
import { SoftPasskey } from '../../test/support/soft-passkey.ts'

const SIGN_IN = '/v1/organization/sign_in'
const ELSEWHERE = 'http://localhost:9090'
type Somebody = Awaited<ReturnType<typeof withPasskey>>

for (const database of databases) {
  describe(`${database}: a passkey that is not shown as it was asked for`, () => {
    let app: TestApp
    let own: Organization
    before(async () => {
      app = await startTestApp({ database })
      own = await newOrganization(app)
    })
    after(() => app[Symbol.asyncDispose]())

    const someone = async () => withPasskey(app, own.id, await newUser(app, own))
    const signIn = (claim: object, passkey: object) =>
      app.send('POST', SIGN_IN, { key: null, body: { ...claim, passkey } })
    /** Their own, that has signed in already, and what it shows then. */
    const used = async (of: Somebody) => {
      const { passkey } = await of.show()
      assert.equal((await signIn(of.claim, passkey)).status, 200)
      return passkey
    }
    /** A copy, and what else was wrong. */
    const recorded = (of: Somebody) =>
      until(async () => {
        const { data } = await own.admin.auditLogs.list({ actor_ids: [of.id], event_types: ['login.failed'] })
        return data.length === 2 && data.some((event) => /hold a copy/.test(event['login.failed']?.error_message ?? ''))
      }, 'both are recorded')
    const signedBy = async (
      { claim, passkey }: Somebody,
      more: object = {},
      ...rest: [origin?: string, flags?: number]
    ) => passkey.shown({ ...(await askedFor(app, claim)), ...more }, ...rest)

    /** What each shows in vain. */
    const shows: Record<string, (of: Somebody) => Promise<object>> = {
      'on a page of another origin': (of) => signedBy(of, {}, ELSEWHERE),
      'on a page of another host': (of) => signedBy(of, { rpId: 'elsewhere.example' }, 'https://elsewhere.example'),
      'to another host, as its device says': (of) => signedBy(of, { rpId: 'elsewhere.example' }),
      'while nobody was there': (of) => signedBy(of, {}, undefined, 0),
      'a second time': used,
      'for a challenge that nobody has set': (of) => signedBy(of, { challenge: 'c'.repeat(43) }),
      'for a challenge that was answered': async (of) => {
        const options = await askedFor(app, of.claim)
        assert.equal((await signIn(of.claim, of.passkey.shown(options))).status, 200)
        return of.passkey.shown(options)
      },
      'for a challenge of somebody else': async (of) => of.passkey.shown(await askedFor(app, (await someone()).claim)),
      'for the challenge of one to be added': async (of) => {
        const { challenge, rp } = await beginPasskey(app, of.claim, await of.show())
        return of.passkey.shown({ challenge, rpId: rp.id })
      },
      'five minutes later': async (of) => {
        const shown = await of.show()
        app.advance(300)
        return shown.passkey
      },
      'of somebody else': async ({ claim }) => (await someone()).passkey.shown(await askedFor(app, claim)),
      'by another key of the same name': async (of) => {
        const id = of.passkey.id.toString('base64url')
        return { ...new SoftPasskey().shown(await askedFor(app, of.claim)), id }
      },
      'with what another page has had signed': async (of) => {
        const [{ client_data }, passkey] = [await signedBy(of), await signedBy(of)]
        return { ...passkey, client_data }
      },
      'as what a new one gives': async (of) => {
        const { client_data } = of.passkey.made({
          challenge: (await askedFor(app, of.claim)).challenge,
          rp: { id: '' },
        })
        return { ...(await signedBy(of)), client_data }
      },
      'in bytes that are no such thing': async (of) => ({ ...(await signedBy(of)), authenticator_data: 'AAAA' }),
      'in client data that is no JSON': async (of) => ({ ...(await signedBy(of)), client_data: 'AAAA' }),
    }
    for (const [how, show] of Object.entries(shows)) {
      test(`${how}: signs nobody in`, async () => {
        const of = await someone()
        const { status, body, headers } = await signIn(of.claim, await show(of))
        const { code, param } = body.error
        assert.deepEqual([status, code, param], [401, 'invalid_second_factor', 'passkey'])
        assert.equal(headers.get('set-cookie'), null)
        assert.equal((await signIn(of.claim, (await of.show()).passkey)).status, 200, 'as it should be it does')
      })
    }

    test('one whose count goes back may be a copy: it is refused, and the log says so', async () => {
      const of = await someone()
      of.passkey.counter = 41
      await used(of)
      for (const counter of [41, 7]) {
        // It counts on before it signs.
        of.passkey.counter = counter - 1
        const { status, body } = await signIn(of.claim, (await of.show()).passkey)
        assert.deepEqual([status, body.error.code], [401, 'invalid_second_factor'])
        assert.match(body.error.message, /may hold a copy/)
      }
      // Refusals are written once they are answered.
      await until(async () => {
        const { data } = await own.admin.auditLogs.list({ actor_ids: [of.id], event_types: ['login.failed'] })
        return data.some((event) => /may hold a copy/.test(event['login.failed']?.error_message ?? ''))
      }, 'it is recorded')
      of.passkey.counter = 0
      assert.equal((await signIn(of.claim, (await of.show()).passkey)).status, 401, 'nor does it stop counting')
      of.passkey.counter = 42
      await used(of)
    })

    test('a copy is recorded also by somebody who has typed a wrong code in the same minute', async () => {
      const of = await someone()
      of.passkey.counter = 41
      await used(of)
      assert.equal((await app.send('POST', SIGN_IN, { key: null, body: { ...of.claim, code: '000000' } })).status, 401)
      of.passkey.counter = 7
      assert.equal((await signIn(of.claim, (await of.show()).passkey)).status, 401)
      await recorded(of)
    })

    test('so it is by a link', async () => {
      const of = await someone()
      of.passkey.counter = 41
      await used(of)
      const link = '/v1/organization/sign_in/password_link'
      const token = await linkFor(app, own.id, of.id)
      const byLink = (shown: object) =>
        app.send('POST', link, { key: null, body: { token, password: newPassword(), ...shown } })
      assert.equal((await byLink({ code: '000000' })).status, 401)
      of.passkey.counter = 7
      const { body } = await app.send('POST', `${link}/passkey`, { key: null, body: { token } })
      assert.equal((await byLink({ passkey: of.passkey.shown(body.options) })).status, 401)
      await recorded(of)
    })

    test('of two requests with one signature, one is signed in', async () => {
      const { claim, show } = await someone()
      const { passkey } = await show()
      const replies = await Promise.all(Array.from({ length: 4 }, () => signIn(claim, passkey)))
      assert.deepEqual(replies.map(({ status }) => status).sort(), [200, 401, 401, 401])
    })

    test('five are looked at in a moment, with codes that are tried', async () => {
      const { claim, passkey } = await someone()
      const wrong = passkey.shown(await askedFor(app, claim), ELSEWHERE)
      const all = []
      for (let i = 0; i < 4; i++) all.push((await signIn(claim, wrong)).status)
      all.push((await app.send('POST', SIGN_IN, { key: null, body: { ...claim, code: '000000' } })).status)
      all.push((await signIn(claim, passkey.shown(await askedFor(app, claim)))).status)
      assert.deepEqual(all, [401, 401, 401, 401, 401, 429])
    })

    for (const format of ['packed', 'android-key', 'android-safetynet', 'tpm', 'apple', 'fido-u2f', 'another']) {
      test(`what a device says of its maker is not looked at, so that nobody is asked for it: ${format}`, async () => {
        const claim = await withPassword(app, own)
        const passkey = new SoftPasskey(1023)
        const made = passkey.made(await beginPasskey(app, claim), undefined, format)
        assert.equal((await confirmPasskey(app, claim, made)).status, 200)
        assert.equal((await signIn(claim, passkey.shown(await askedFor(app, claim)))).status, 200)
      })
    }

    test('what is to be added counts only as it was asked for', async () => {
      const { id, email } = await newUser(app, own)
      const { password } = await signInNew(app, own.id, id)
      const claim = { email, password, organization_id: own.id }
      const passkey = new SoftPasskey()
      const asked = () => beginPasskey(app, claim)
      const old = await asked()
      app.advance(300)
      const wrong = [
        passkey.made(old),
        passkey.made(await asked(), ELSEWHERE),
        passkey.made({ ...(await asked()), rp: { id: 'elsewhere.example' } }),
        passkey.made({ ...(await asked()), challenge: 'c'.repeat(43) }),
        passkey.made(await beginPasskey(app, await withPassword(app, own))),
        { ...passkey.made(await asked()), attestation_object: 'AAAA' },
        // As long as there is room for, and longer than a name can be.
        new SoftPasskey(1024).made(await asked()),
        new SoftPasskey(8000).made(await asked()),
      ]
      for (const [i, made] of wrong.entries()) {
        const { status, body, headers } = await confirmPasskey(app, claim, made)
        assert.deepEqual([status, body.error?.code], [400, 'invalid_passkey'], `${i}`)
        assert.equal(headers.get('set-cookie'), null)
      }
      const options = await asked()
      assert.equal((await confirmPasskey(app, claim, passkey.made(options))).status, 200)
      assert.equal((await confirmPasskey(app, claim, passkey.made(options))).status, 400, 'once')
      const shown = { passkey: passkey.shown(await askedFor(app, claim)) }
      const { excludeCredentials, challenge, rp } = await beginPasskey(app, claim, shown)
      assert.deepEqual(
        excludeCredentials.map((one: { id: string }) => one.id),
        [passkey.id.toString('base64url')],
      )
      const again = await confirmPasskey(app, claim, passkey.made({ challenge, rp }))
      assert.deepEqual([again.status, again.body.error.code], [400, 'already_exists'])
      const more = { passkey: passkey.shown(await askedFor(app, claim)) }
      assert.deepEqual((await addPasskey(app, claim, more)).codes, [], 'who has recovery codes keeps them')
    })
  })
}

async function withPassword(app: TestApp, own: Organization) {
  const { id, email } = await newUser(app, own)
  const { password } = await signInNew(app, own.id, id)
  return { email, password, organization_id: own.id }
}
