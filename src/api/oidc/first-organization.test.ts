import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { newOrganization, newUser } from '../../../test/contract/organizations.ts'
import { databases } from '../../../test/support/databases.ts'
import { startTestApp } from '../../../test/support/harness.ts'
import { startProvider } from '../../../test/support/provider.ts'
import { signInByLink } from '../../../test/support/signing-in.ts'
import { Visitor } from '../../../test/support/visitor.ts'
import { isConsoleBuilt } from '../../config/doors.ts'

const skip = !isConsoleBuilt() && 'the console is not built: npm run console'

for (const database of databases) {
  test(`${database}: a password that somebody set in another organization does not lead a first sign-in by the provider there`, {
    skip,
  }, async () => {
    await using provider = await startProvider()
    await using app = await startTestApp({ database, only: 'admin,gateway,docs,console', env: provider.env })
    const own = await newOrganization(app)
    const other = await newOrganization(app)
    const { id, email } = await newUser(app, own)
    // Whoever owns the other one adds the address there, and sets a password by a link of their own.
    const planted = await newUser(app, other, 'reader', email)
    await signInByLink(app, other.id, planted.id)
    provider.account = { sub: randomUUID(), email, email_verified: true }
    for (let times = 0; times < 2; times++) {
      const visitor = new Visitor(app)
      assert.equal(await visitor.signIn(), '/')
      assert.equal((await visitor.ask('/v1/organization/me')).body.id, id)
    }
  })
}
