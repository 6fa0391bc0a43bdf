import assert from 'node:assert/strict'
import { test } from 'node:test'
import { idSource } from '../../src/core/id.ts'
import { openMigrated } from '../../src/db/open-migrated.ts'
import { LedgerGone, LedgerLine } from '../../src/ledger/across/line.ts'
import { type Refusal, Refusals } from '../../src/ledger/refusals.ts'
import { openTestDatabase } from '../support/databases.ts'
import { newSignals } from './signals.ts'
import { serverOf, startLedgerThread } from './threads.ts'

const refusal: Refusal = {
  ...{ organizationId: 'org-1', projectId: 'proj_1', by: 'key_1', operation: 'chat.completions.create' },
  actor: { type: 'api_key', api_key: { id: 'key_1', type: 'service_account', service_account: { id: 'user-1' } } },
  origin: { ip: null, userAgent: null },
  ...{ code: 'insufficient_permissions', message: 'No.' },
}

test('what several threads refuse is written once, and whoever waits for it waits until it is', async () => {
  await using stack = new AsyncDisposableStack()
  const { url } = stack.use(await openTestDatabase('sqlite'))
  const { db } = stack.use(await openMigrated(url, { serving: false }))
  const now = Math.floor(Date.now() / 1000)
  await db
    .insertInto('organization')
    .values({ id: 'org-1', name: 'One', default_project_id: 'proj_1', created_at: now })
    .execute()
  const refusals: Refusals = new Refusals(db, idSource(Date.now), {
    urge: () => void setImmediate(() => refusals.write()),
  })
  const server = serverOf({ refusals })
  const threads = [1, 2].map(() => stack.use(startLedgerThread(server, newSignals())))
  const written = () =>
    db
      .selectFrom('audit_log')
      .select('id')
      .where('organization_id', '=', 'org-1')
      .where('type', '=', 'login.failed')
      .execute()
  await Promise.all(threads.flatMap((thread) => [1, 2].map(() => thread.run('refuse', { refusal, now }))))
  assert.equal((await written()).length, 1)
  await Promise.all(threads.map((thread) => thread.run('refuse', { refusal: { ...refusal, operation: 'other' }, now })))
  assert.equal((await written()).length, 2)
})

test('a failure to write is told to the thread that waits, as what it is, and the next one like it is tried', async () => {
  let tried = 0
  const record = async () => {
    if (tried++ === 0) throw Object.assign(new Error('the database is down'), { code: 'ECONNREFUSED' })
  }
  await using thread = startLedgerThread(serverOf({ refusals: { record } }), newSignals())
  const refuse = () => thread.run('refuse', { refusal, now: 60 })
  await assert.rejects(refuse(), { message: 'the database is down', code: 'ECONNREFUSED' })
  await refuse()
  await refuse()
  assert.equal(tried, 2, 'the third is no news')
})

test('whoever waits for a ledger that ends hears of it, and so does whoever asks after it', async () => {
  const { port1, port2 } = new MessageChannel()
  const nothing = { waiting: false, isMuch: false }
  const line = new LedgerLine(port1, {
    collecting: nothing,
    piece: () => ({ say: 'handed over', rows: [], uses: [], limited: [] }),
  })
  const question = { wanted: [], asker: null }
  const asked = [line.ask('find', question), line.ask('find', question)]
  const drained = line.drain()
  port2.close()
  for (const each of asked) await assert.rejects(each, LedgerGone)
  await drained
  await assert.rejects(line.ask('find', question), { code: 'ECONNRESET' })
})
