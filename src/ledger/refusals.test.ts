import assert from 'node:assert/strict'
import { test } from 'node:test'
import { idSource } from '../core/id.ts'
import { migrate } from '../db/migrate.ts'
import { openDb } from '../db/open.ts'
import { type Refusal, Refusals } from './refusals.ts'

test('a refusal that comes in the very step in which a write ends is written too', async () => {
  const db = await openDb('sqlite::memory:')
  await migrate(db)
  await db
    .insertInto('organization')
    .values({ id: 'org-a', name: 'a', created_at: 1, default_project_id: 'proj_a' })
    .execute()
  const refusals = new Refusals(db, idSource(Date.now))
  const refusal = (key: number): Refusal => ({
    organizationId: 'org-a',
    projectId: 'proj_a',
    by: `key_${key}`,
    actor: { type: 'api_key', api_key: { id: 'k', type: 'service_account', service_account: { id: 's' } } },
    origin: { ip: null, userAgent: null },
    operation: 'models.list',
    code: 'x',
    message: 'x',
  })
  // The second begins so many steps after the first: with one of the numbers it meets the end of the first one's write.
  for (let round = 0; round < 100; round++) {
    const first = refusals.record(refusal(round * 2), 60)
    for (let step = 0; step < round; step++) await null
    await Promise.all([first, refusals.record(refusal(round * 2 + 1), 60)])
    const rows = await db.selectFrom('audit_log').select('id').execute()
    assert.equal(rows.length, (round + 1) * 2, `after ${round} steps`)
  }
  await db.destroy()
})
