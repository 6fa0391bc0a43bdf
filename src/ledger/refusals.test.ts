import assert from 'node:assert/strict'
import { test } from 'node:test'
import { idSource } from '../core/id.ts'
import { migrate } from '../db/migrate.ts'
import { openDb } from '../db/open.ts'
import { Beat } from './beat.ts'
import { type Refusal, Refusals } from './refusals.ts'

test('a refusal that comes in the very step in which a write ends is written too', async () => {
  let executed = () => {}
  const db = await openDb('sqlite::memory:', { onQuery: () => executed() })
  await migrate(db)
  await db
    .insertInto('organization')
    .values({ id: 'org-a', name: 'a', created_at: 1, default_project_id: 'proj_a' })
    .execute()
  const beat = new Beat({ info() {}, warn() {} })
  const refusals = new Refusals(db, idSource(Date.now), beat)
  beat.add(refusals)
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
  // The second comes so many steps after the first one's row: with one of the numbers it meets the end of that one's write.
  for (let round = 0; round < 100; round++) {
    const first = refusals.record(refusal(round * 2), 60)
    await new Promise<void>((resolve) => {
      executed = resolve
    })
    executed = () => {}
    for (let step = 0; step < round; step++) await null
    await Promise.all([first, refusals.record(refusal(round * 2 + 1), 60)])
    const rows = await db.selectFrom('audit_log').select('id').execute()
    assert.equal(rows.length, (round + 1) * 2, `after ${round} steps`)
  }
  await db.destroy()
})
