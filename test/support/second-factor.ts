import assert from 'node:assert/strict'
import { codeOf, stepAt } from '../../src/core/totp.ts'
import type { Reply, TestApp } from './harness.ts'
import { cookieOf, signInNew } from './signing-in.ts'

export const FACTOR = '/v1/organization/sign_in/second_factor'

/** What makes somebody's codes, as an app on their telephone does. */
export class Authenticator {
  readonly #app: Pick<TestApp, 'now' | 'advance'>
  readonly secret: string
  #last = 0

  constructor(app: Pick<TestApp, 'now' | 'advance'>, secret: string) {
    this.#app = app
    this.secret = secret
  }

  /** A code that nobody has used: of now, or of what comes next, for which the server's clock is moved where it has to be. */
  code(): string {
    const now = stepAt(this.#app.now())
    this.#last = Math.max(now, this.#last + 1)
    if (this.#last > now + 1) this.#app.advance(30 * (this.#last - now))
    return codeOf(this.secret, this.#last)
  }
}

/** What is sent by who signs in. */
export type Claim = { email: string; password: string; organization_id: string }

/** Begins to set up a second factor. */
export async function beginFactor(app: TestApp, claim: Claim & { code?: string }): Promise<Authenticator> {
  const { status, body, text } = await app.send('POST', FACTOR, { key: null, body: claim })
  assert.equal(status, 200, text)
  return new Authenticator(app, body.secret)
}

export const confirmFactor = (app: TestApp, claim: Claim, code: string): Promise<Reply> =>
  app.send('POST', `${FACTOR}/confirm`, { key: null, body: { ...claim, code } })

/** Gives somebody a password by a link, and a second factor. */
export async function withFactor(app: TestApp, organizationId: string, user: { id: string; email: string }) {
  const { password, cookie: before } = await signInNew(app, organizationId, user.id)
  const claim = { email: user.email, password, organization_id: organizationId }
  const authenticator = await beginFactor(app, claim)
  const done = await confirmFactor(app, claim, authenticator.code())
  assert.equal(done.status, 200, done.text)
  const codes = done.body.recovery_codes as string[]
  return { ...user, claim, authenticator, codes, before, cookie: cookieOf(done) }
}
