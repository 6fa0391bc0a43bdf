import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type BatchRow, countWorking, dueBatches, insertBatch } from '../../../src/db/batch.ts'
import { migrate } from '../../../src/db/migrate.ts'
import { openDb } from '../../../src/db/open.ts'
import { deleteOldBatches } from '../../../src/db/retention.ts'
import { keptErrors } from '../../../src/gateway/batches/line-error.ts'
import { databases, openTestDatabase } from '../../support/databases.ts'

const NOTHING = {
  ...{ model: null, upstream: null, upstream_file_id: null, upstream_batch_id: null, output_file_id: null },
  copying: null,
  ...{ error_file_id: null, errors: null, usage: null, in_progress_at: null, finalizing_at: null, completed_at: null },
  ...{ failed_at: null, expired_at: null, cancelling_at: null, cancelled_at: null, sent_at: null, held: null },
  ...{ request_total: 0, request_completed: 0, request_failed: 0, enqueued_tokens: 0, reserved_nano: 0 },
  ...{ settled_output: 0, settled_error: 0, key_id: 'key_a', user_id: 'user-a', runner: 'upstream', metadata: null },
  ...{ input_file_id: 'file-a', endpoint: '/v1/embeddings', completion_window: '24h', output_expires_after: null },
  ...{ organization_id: 'org-a', project_id: 'proj_a', status: 'validating', created_at: 1, expires_at: null },
} as const satisfies Partial<BatchRow>

for (const database of databases) {
  test(`${database}: many batches of one project hide nobody else's; those that have ended long ago are deleted`, async () => {
    await using own = await openTestDatabase(database)
    const db = await openDb(own.url)
    try {
      await migrate(db)
      const add = (id: string, due_at: number | null, more: Partial<BatchRow> = {}) =>
        insertBatch(db, { ...NOTHING, id, made_at: due_at ?? 1, due_at, ...more })
      for (let i = 0; i < 150; i++) await add(`batch_${String(i).padStart(3, '0')}`, 10 + i)
      await add('batch_later', 900, { project_id: 'proj_b' })
      await add('batch_asked', 950, { upstream: 'one', upstream_file_id: 'file-b' })
      await add('batch_not_yet', 2000, { project_id: 'proj_c' })
      await add('batch_over', null)
      const due = await dueBatches(db, 1000)
      assert.deepEqual(
        due.slice(0, 4).map(({ id }) => id),
        ['batch_000', 'batch_later', 'batch_asked', 'batch_001'],
      )
      assert.equal(due.length, 100)
      assert.equal(await countWorking(db, { organizationId: 'org-a', projectId: 'proj_a' }, 1000), 151)
      assert.equal(await countWorking(db, { organizationId: 'org-a', projectId: 'proj_none' }, 1000), 0)
      assert.equal(await deleteOldBatches(db, 2), false)
      const left = await db.selectFrom('batch').select('id').where('organization_id', '=', 'org-a').execute()
      assert.equal(left.length, 153)
    } finally {
      await db.destroy()
    }
  })
}

test('what a batch tells of what is wrong with it is bounded', () => {
  const wrong = (message: string) => ({ code: 'x', line: 1, message, param: null })
  assert.deepEqual(JSON.parse(keptErrors([])), [])
  assert.deepEqual(JSON.parse(keptErrors([wrong('a'), wrong('b')])), [wrong('a'), wrong('b')])
  const many = keptErrors(Array.from({ length: 100 }, () => wrong('ä'.repeat(5000))))
  assert.ok(many.length < 33_000)
  assert.equal(JSON.parse(many)[0].message.length, 1000)
  assert.ok(JSON.parse(keptErrors([wrong('a'), { ...wrong('b'), param: 'p'.repeat(100_000) }])).length === 1)
})
