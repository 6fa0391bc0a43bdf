import { deleteExpiredChallenges } from '../../src/db/expired-challenges.ts'
import {
  attemptFullAt,
  deleteFullAttempts,
  forgetAttempts,
  giveAttemptBack,
  holdBack,
} from '../../src/db/sign-in-attempts.ts'
import type { Db } from '../../src/db/tables.ts'
import { newUser, type Organization } from '../contract/organizations.ts'
import type { TestApp } from '../support/harness.ts'
import { addPasskey, askedFor, withPasskey } from '../support/passkeys.ts'
import { withFactor } from '../support/second-factor.ts'
import { asSession, linkFor, newPassword, signInNew } from '../support/signing-in.ts'

/** Somebody with as many sessions as one can have signs in once more, and calls. */
export async function walkSignIn(app: TestApp, own: Organization) {
  const { id, email } = await newUser(app, own)
  const { password, session, cookie } = await signInNew(app, own.id, id)
  await asSession(app, cookie, 'GET', '/v1/organization/sessions')
  await asSession(app, cookie, 'POST', '/v1/organization/sign_out', {})
  const row = { organization_id: own.id, user_id: id, created_at: 1, last_used_at: 1, expires_at: 2 }
  const ended = Array.from({ length: 50 }, (_, i) => ({ ...row, id: `${session.id}${i}`, hash: `${id}${i}` }))
  await app.db.insertInto('session').values(ended).execute()
  await app.send('POST', '/v1/organization/sign_in', { key: null, body: { email, password } })
}

/** Somebody signs in by both kinds of codes, and an owner who has shown one asks it of everybody. @returns somebody who has a second factor */
export async function userWithFactor(app: TestApp, own: Organization): Promise<string> {
  const { id, claim, authenticator, codes } = await withFactor(app, own.id, await newUser(app, own))
  const send = (path: string, body: object) =>
    app.send('POST', `/v1/organization/${path}`, { key: null, body: { ...claim, ...body } })
  await send('sign_in', { code: authenticator.code() })
  await send('sign_in', { code: codes[0] })
  const { email: _, organization_id: __, ...set } = claim
  const link = { ...set, token: await linkFor(app, own.id, id), code: '0000' }
  await app.send('POST', '/v1/organization/sign_in/password_link', { key: null, body: link })
  const owner = await withFactor(app, own.id, await newUser(app, own, 'owner'))
  for (const second_factor of ['required', 'optional']) {
    await asSession(app, owner.cookie, 'POST', '/v1/organization/sign_in_policy', { second_factor })
  }
  // As long as an owner can sign in no start makes a link.
  await own.admin.users.delete(owner.id)
  return id
}

/** Somebody with a passkey shows it, renames it, adds another and removes one. */
export async function walkPasskeys(app: TestApp, own: Organization) {
  const { id, claim, show, passkey, passkeyId } = await withPasskey(app, own.id, await newUser(app, own))
  const send = (path: string, body: object) => app.send('POST', `/v1/organization/${path}`, { key: null, body })
  const { cookie } = await addPasskey(app, claim, await show())
  await asSession(app, cookie, 'GET', '/v1/organization/passkeys')
  await asSession(app, cookie, 'POST', `/v1/organization/users/${id}/passkeys/${passkeyId}`, { name: 'n' })
  // One that is not answered in time goes with the next.
  await askedFor(app, claim)
  app.advance(300)
  await askedFor(app, claim)
  const token = await linkFor(app, own.id, id)
  const { options } = (await send('sign_in/password_link/passkey', { token })).body
  await send('sign_in', { ...claim, passkey: passkey.shown(options) })
  await send('sign_in/second_factor/passkeys/remove', { ...claim, ...(await show()), passkey_id: passkeyId })
}

/** Links that an owner has made, with a key and in a session. */
export async function walkLinks(app: TestApp, own: Organization) {
  const [{ id }, maker] = [await newUser(app, own), await newUser(app, own, 'owner')]
  const path = `/v1/organization/users/${id}/password_link`
  const { cookie } = await signInNew(app, own.id, maker.id)
  for (const make of [() => app.send('POST', path, { key: own.key }), () => asSession(app, cookie, 'POST', path)]) {
    const token = (await make()).body.path.split('#')[1]
    const body = { token, password: newPassword() }
    await app.send('POST', '/v1/organization/sign_in/password_link', { key: null, body })
  }
  // As long as an owner can sign in no start makes a link.
  await own.admin.users.delete(maker.id)
}

/** Attempts of a name that has had too many, as one of PostgreSQL's servers asks for them. Both databases have the table. */
export async function walkAttempts(db: Db): Promise<void> {
  const name = 'network 1'
  await attemptFullAt(db, name)
  await holdBack(db, name, 1_900_000_000_000)
  await giveAttemptBack(db, name, { now: 1, everyMs: 1 })
  await forgetAttempts(db, name)
  await deleteFullAttempts(db, 1)
  await deleteExpiredChallenges(db, 1)
}
