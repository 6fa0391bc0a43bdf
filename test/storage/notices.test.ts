import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { makeKey } from '../gateway/gate.ts'
import { until } from '../process/gatehouse.ts'
import { startTestApp } from '../support/harness.ts'

const LIST = '/v1/models'

test('whatever somebody says on the channel of changes, the server goes on and hears the next', async () => {
  await using app = await startTestApp({ database: 'postgres' })
  const { key } = await makeKey(app)
  const asked = async () => (await app.send('GET', LIST, { key })).status
  assert.equal(await asked(), 200)
  for (const said of ['', 'x', 'null', '7', '[]', '{}', '{"organizationId":1}', '{"organizationId":"org-a"}']) {
    await sql`select pg_notify('gatehouse_changed', ${said})`.execute(app.db)
  }
  // What another server does and tells: the key is gone.
  const { organization_id, id } = await app.db
    .deleteFrom('project_api_key')
    .returning(['organization_id', 'id'])
    .executeTakeFirstOrThrow()
  assert.ok(id)
  const change = JSON.stringify({ organizationId: organization_id, projectId: null })
  await sql`select pg_notify('gatehouse_changed', ${change})`.execute(app.db)
  await until(async () => (await asked()) === 401, 'the change is heard', 3000)
})
