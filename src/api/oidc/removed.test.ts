import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { newUser } from '../../../test/contract/organizations.ts'
import { databases } from '../../../test/support/databases.ts'
import { startTestApp } from '../../../test/support/harness.ts'
import { modelsFile } from '../../../test/support/models-file.ts'
import { startProvider } from '../../../test/support/provider.ts'
import { Visitor } from '../../../test/support/visitor.ts'
import { isConsoleBuilt } from '../../config/doors.ts'

const skip = !isConsoleBuilt() && 'the console is not built: npm run console'
const only = 'admin,gateway,docs,console'

for (const database of databases) {
  test(`${database}: who was removed before they ever came by the provider is no stranger whom it makes a reader`, {
    skip,
  }, async () => {
    await using provider = await startProvider()
    await using file = await modelsFile([], { console: { oidc: { unknown_users: 'reader' } } })
    await using app = await startTestApp({ database, only, env: { ...provider.env, GATEHOUSE_CONFIG: file.path } })
    const oldest = await app.db.selectFrom('organization').select('id').orderBy('id').executeTakeFirstOrThrow()
    const { id, email } = await newUser(app, oldest)
    await app.admin().organization.users.delete(id)
    // The provider has them still, and writes their address as it likes.
    provider.account = { sub: randomUUID(), email: email.toUpperCase(), email_verified: true }
    assert.equal(await new Visitor(app).signIn(), '/sign-in?failed=no_member')
    const { data } = await app.admin().organization.users.list({ limit: 100 })
    assert.ok(data.every((user) => user.email?.toLowerCase() !== email.toLowerCase()))
    const again = await newUser(app, oldest, 'reader', email)
    const visitor = new Visitor(app)
    assert.equal(await visitor.signIn(), '/')
    assert.equal((await visitor.ask('/v1/organization/me')).body.id, again.id)
  })
}
