import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { newOrganization } from '../../../test/contract/organizations.ts'
import { databases, openTestDatabase } from '../../../test/support/databases.ts'
import { startTestApp } from '../../../test/support/harness.ts'
import { modelsFile } from '../../../test/support/models-file.ts'
import { startProvider } from '../../../test/support/provider.ts'
import { Visitor } from '../../../test/support/visitor.ts'
import { isConsoleBuilt } from '../../config/doors.ts'

const skip = !isConsoleBuilt() && 'the console is not built: npm run console'
const withConsole = 'admin,gateway,docs,console'

for (const database of databases) {
  test(`${database}: a server without the console offers no way to the provider, which only that has; sessions that it began count there all the same`, {
    skip,
  }, async () => {
    await using shared = await openTestDatabase(database, true)
    await using provider = await startProvider()
    const options = { database, databaseUrl: shared.url, env: provider.env }
    const ways = async (only: string) => {
      await using app = await startTestApp({ ...options, only })
      return (await app.send('GET', '/v1/organization/sign_in', { key: null })).body.oidc
    }
    assert.deepEqual(await ways(withConsole), { issuer: provider.issuer })
    assert.equal(await ways('admin,docs'), null)
    const cookies = await (async () => {
      await using app = await startTestApp({ ...options, only: withConsole })
      const own = await newOrganization(app)
      provider.account = { sub: randomUUID(), email: own.ownerEmail, email_verified: true }
      const visitor = new Visitor(app)
      assert.equal(await visitor.signIn(), '/')
      return visitor.ours
    })()
    await using app = await startTestApp({ ...options, only: 'admin' })
    const visitor = new Visitor(app)
    for (const [name, value] of cookies) visitor.ours.set(name, value)
    assert.equal((await visitor.ask('/v1/organization/me')).status, 200)
  })

  test(`${database}: a start says which of the groups are none that the settings name, and says nothing where all are there`, {
    skip,
  }, async () => {
    await using shared = await openTestDatabase(database, true)
    await using provider = await startProvider()
    const options = { database, databaseUrl: shared.url, only: withConsole }
    const there = await (async () => {
      await using app = await startTestApp(options)
      return (await (await newOrganization(app)).admin.groups.create({ name: 'A' })).id
    })()
    const said = async (groups: Record<string, string>) => {
      const lines: string[] = []
      await using file = await modelsFile([], { console: { oidc: { groups_claim: 'groups', groups } } })
      const env = { ...provider.env, GATEHOUSE_CONFIG: file.path }
      await using _ = await startTestApp({ ...options, env, log: (line) => lines.push(line) })
      return lines.flatMap((line) => line.split('\n')).filter((line) => line.includes('console.oidc.groups'))
    }
    const [line = '', ...more] = await said({ a: there, b: 'group_mistyped', c: 'group_mistyped' })
    assert.deepEqual(JSON.parse(line).groups, ['group_mistyped'])
    assert.deepEqual(more, [])
    assert.deepEqual(await said({ a: there, b: there }), [])
  })
}
