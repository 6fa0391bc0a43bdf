import { newUser, type Organization } from '../contract/organizations.ts'
import type { TestApp } from '../support/harness.ts'
import { asSession, signInByLink } from '../support/signing-in.ts'

/** Somebody with as many sessions as one can have signs in once more, and calls. */
export async function walkSignIn(app: TestApp, own: Organization) {
  const { id, email } = await newUser(app, own)
  const { password, session, cookie } = await signInByLink(app, own.id, id)
  await asSession(app, cookie, 'GET', '/v1/organization/sessions')
  await asSession(app, cookie, 'POST', '/v1/organization/sign_out', {})
  const row = { organization_id: own.id, user_id: id, created_at: 1, last_used_at: 1, expires_at: 2 }
  const ended = Array.from({ length: 50 }, (_, i) => ({ ...row, id: `${session.id}${i}`, hash: `${id}${i}` }))
  await app.db.insertInto('session').values(ended).execute()
  await app.send('POST', '/v1/organization/sign_in', { key: null, body: { email, password } })
}
