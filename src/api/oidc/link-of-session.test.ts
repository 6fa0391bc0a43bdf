import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { newOrganization, newUser } from '../../../test/contract/organizations.ts'
import { databases, openTestDatabase } from '../../../test/support/databases.ts'
import { startTestApp } from '../../../test/support/harness.ts'
import { startProvider } from '../../../test/support/provider.ts'
import { asSession, newPassword } from '../../../test/support/signing-in.ts'
import { Visitor } from '../../../test/support/visitor.ts'
import { isConsoleBuilt } from '../../config/doors.ts'

const skip = !isConsoleBuilt() && 'the console is not built: npm run console'

for (const database of databases) {
  test(`${database}: a link that was made in a session of a provider is dead where people sign in by that no more`, {
    skip,
  }, async () => {
    await using shared = await openTestDatabase(database, true)
    await using provider = await startProvider()
    await using another = await startProvider()
    const serve = (env: Record<string, string>) =>
      startTestApp({ database, databaseUrl: shared.url, only: 'admin,gateway,docs,console', env })
    const token: string = await (async () => {
      await using app = await serve(provider.env)
      const own = await newOrganization(app)
      const { id } = await newUser(app, own, 'owner')
      provider.account = { sub: randomUUID(), email: own.ownerEmail, email_verified: true }
      const visitor = new Visitor(app)
      assert.equal(await visitor.signIn(), '/')
      const cookie = [...visitor.ours].map(([name, value]) => `${name}=${value}`).join('; ')
      const made = await asSession(app, cookie, 'POST', `/v1/organization/users/${id}/password_link`)
      assert.equal(made.status, 200, made.text)
      return made.body.path.split('#')[1]
    })()
    const servers: [string, Record<string, string>, number][] = [
      ['no provider', {}, 404],
      ['another provider', another.env, 404],
      ['the provider again', provider.env, 200],
    ]
    for (const [what, env, status] of servers) {
      await using app = await serve(env)
      const body = { token, password: newPassword() }
      const reply = await app.send('POST', '/v1/organization/sign_in/password_link', { key: null, body })
      assert.equal(reply.status, status, `${what}: ${reply.text}`)
    }
  })
}
