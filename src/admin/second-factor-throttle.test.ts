import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countHashes } from '../../test/support/counted-hashes.ts'
import type { TestApp } from '../../test/support/harness.ts'

// Before anything that hashes is loaded.
const hashes = countHashes()
const { newOrganization, newUser } = await import('../../test/contract/organizations.ts')
const { databases } = await import('../../test/support/databases.ts')
const { startTestApp } = await import('../../test/support/harness.ts')
const { beginFactor, withFactor } = await import('../../test/support/second-factor.ts')
const { linkFor } = await import('../../test/support/signing-in.ts')

const SIGN_IN = '/v1/organization/sign_in'
/** A server that believes who it is told that a request comes from. */
const env = { GATEHOUSE_TRUSTED_PROXIES: '127.0.0.1' }
const WRONG = 'aaaa-aaaa-aaaa-aaaa'

const from = (app: TestApp, ip: string, path: string, body: object) =>
  app.send('POST', path, { key: null, body, headers: { 'x-forwarded-for': ip } })

for (const database of databases) {
  test(`${database}: five codes of a user are tried in a moment, whichever way, and then one in a quarter of an hour`, async () => {
    await using app = await startTestApp({ database, env })
    const own = await newOrganization(app)
    const { id, claim, authenticator } = await withFactor(app, own.id, await newUser(app, own))
    // What waits to be confirmed is tried by the same codes.
    await beginFactor(app, { ...claim, code: authenticator.code() })
    const { organization_id: _, ...unnamed } = claim
    const link = { token: await linkFor(app, own.id, id), password: 'correct horse battery staple' }
    const ways: [string, object][] = [
      [SIGN_IN, claim],
      [SIGN_IN, unnamed],
      [`${SIGN_IN}/password_link`, link],
      [`${SIGN_IN}/second_factor/confirm`, claim],
      [`${SIGN_IN}/second_factor/remove`, claim],
    ]
    let ips = 0
    const tried = (path: string, body: object) => from(app, `192.0.2.${++ips}`, path, body)
    for (const [path, body] of ways) {
      // Who only shows the password gets nothing back by it.
      assert.equal((await tried(SIGN_IN, claim)).body.error.code, 'second_factor_required')
      assert.equal((await tried(path, { ...body, code: WRONG })).body.error.code, 'invalid_second_factor', path)
    }
    for (const [path, body] of ways) {
      const before = hashes.count
      const reply = await tried(path, { ...body, code: authenticator.code() })
      assert.deepEqual([reply.status, reply.body.error.code], [429, 'rate_limit_exceeded'], path)
      const seconds = Number(reply.headers.get('retry-after'))
      assert.ok(seconds > 0 && seconds <= 900, `${seconds}`)
      assert.ok(hashes.count - before <= 1)
    }
    app.advance(900)
    assert.equal((await tried(SIGN_IN, { ...claim, code: WRONG })).status, 401)
    assert.equal((await tried(SIGN_IN, { ...claim, code: WRONG })).status, 429)
    app.advance(900)
    assert.equal((await tried(SIGN_IN, { ...claim, code: authenticator.code() })).status, 200)
    for (let i = 0; i < 5; i++) assert.equal((await tried(SIGN_IN, { ...claim, code: WRONG })).status, 401)
    assert.equal((await tried(SIGN_IN, { ...claim, code: WRONG })).status, 429)
  })

  test(`${database}: a password that is right costs no attempt, and forgives none before the code was`, async () => {
    await using app = await startTestApp({ database, env })
    const own = await newOrganization(app)
    const { claim, authenticator } = await withFactor(app, own.id, await newUser(app, own))
    const tried = (body: object, ip = '192.0.2.1') => from(app, ip, SIGN_IN, body)
    for (let i = 0; i < 35; i++) assert.equal((await tried(claim)).body.error.code, 'second_factor_required')
    const wrong = { ...claim, password: 'a wrong password' }
    for (let i = 0; i < 9; i++) assert.equal((await tried(wrong)).body.error.code, 'invalid_credentials')
    assert.equal((await tried(claim)).body.error.code, 'second_factor_required')
    assert.equal((await tried(wrong)).body.error.code, 'invalid_credentials')
    assert.equal((await tried(claim)).status, 429)
    app.advance(360)
    assert.equal((await tried({ ...claim, code: authenticator.code() })).status, 200)
    for (let i = 0; i < 10; i++) assert.equal((await tried(wrong, `198.51.100.${i}`)).status, 401)
  })
}
