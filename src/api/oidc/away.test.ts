import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { newOrganization } from '../../../test/contract/organizations.ts'
import { until } from '../../../test/process/gatehouse.ts'
import { openTestDatabase } from '../../../test/support/databases.ts'
import { startTestApp } from '../../../test/support/harness.ts'
import { startProvider } from '../../../test/support/provider.ts'
import { startSlowLine } from '../../../test/support/slow-line.ts'
import { Visitor } from '../../../test/support/visitor.ts'
import { isConsoleBuilt } from '../../config/doors.ts'

const skip = !isConsoleBuilt() && 'the console is not built: npm run console'

test('postgres: who comes back from the provider while the database is away is told that, and is let in once it is back', {
  skip,
}, async () => {
  await using database = await openTestDatabase('postgres')
  await using line = await startSlowLine(database.url)
  await using provider = await startProvider()
  await using app = await startTestApp({
    databaseUrl: line.over(database.url),
    only: 'admin,gateway,docs,console',
    env: provider.env,
  })
  const { ownerEmail } = await newOrganization(app)
  provider.account = { sub: randomUUID(), email: ownerEmail, email_verified: true }
  const visitor = new Visitor(app)
  await line.become({ kind: 'refuse' })
  assert.equal(await visitor.signIn('/sign-in/oidc?next=%2Fusage'), '/sign-in?failed=unavailable&next=%2Fusage')
  assert.ok(!visitor.ours.has('gatehouse-session'))
  await line.become({ kind: 'pass' })
  await until(async () => (await app.send('GET', '/readyz', { key: null })).status === 200, 'it is back')
  assert.equal(await visitor.signIn('/sign-in/oidc?next=%2Fusage'), '/usage')
})
