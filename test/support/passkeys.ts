import assert from 'node:assert/strict'
import type { Reply, TestApp } from './harness.ts'
import type { Claim } from './second-factor.ts'
import { cookieOf, signInNew } from './signing-in.ts'
import { SoftPasskey } from './soft-passkey.ts'

export const PASSKEYS = '/v1/organization/sign_in/second_factor/passkeys'
const ASK = '/v1/organization/sign_in/passkey'

const post = (app: TestApp, path: string, body: object) => app.send('POST', path, { key: null, body })

/** What a passkey of somebody is to sign now. */
export async function askedFor(app: TestApp, { email, password, organization_id }: Claim) {
  const { status, body, text } = await post(app, ASK, { email, password, organization_id })
  assert.equal(status, 200, text)
  return body.options as { challenge: string; rpId: string; allowCredentials: { id: string }[] }
}

/** What a new passkey is to sign. @param shown what somebody shows who has a second factor */
export async function beginPasskey(app: TestApp, claim: Claim, shown: object = {}) {
  const { status, body, text } = await post(app, PASSKEYS, { ...claim, ...shown })
  assert.equal(status, 200, text)
  return body.options
}

/** Sends what a new passkey has signed. */
export const confirmPasskey = (app: TestApp, claim: Claim, made: object, name = 'Laptop'): Promise<Reply> =>
  post(app, `${PASSKEYS}/confirm`, { ...claim, name, made })

/** Adds a passkey. */
export async function addPasskey(app: TestApp, claim: Claim, shown: object = {}, passkey = new SoftPasskey()) {
  const done = await confirmPasskey(app, claim, passkey.made(await beginPasskey(app, claim, shown)))
  assert.equal(done.status, 200, done.text)
  const codes = done.body.recovery_codes as string[]
  return { passkey, id: done.body.passkey.id as string, codes, cookie: cookieOf(done) }
}

/** Gives somebody a password by a link, and a passkey. */
export async function withPasskey(app: TestApp, organizationId: string, user: { id: string; email: string }) {
  const { password, cookie: before } = await signInNew(app, organizationId, user.id)
  const claim = { email: user.email, password, organization_id: organizationId }
  const { id: passkeyId, ...added } = await addPasskey(app, claim)
  /** What is sent besides the password, once. */
  const show = async () => ({ passkey: added.passkey.shown(await askedFor(app, claim)) })
  return { ...user, claim, passkeyId, ...added, before, show }
}
