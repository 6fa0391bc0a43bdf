import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openMigrated } from '../../src/db/open-migrated.ts'
import { Owners } from '../../src/ledger/owners.ts'
import { databases, openTestDatabase } from '../support/databases.ts'
import { newSignals, SIGNAL } from './signals.ts'
import { serverOf, startLedgerThread } from './threads.ts'

const response = (id: string) => ({ kind: 'response' as const, id })
const ownerIn = (projectId: string) => ({ organizationId: 'org-1', projectId, upstream: 'main', label: null })

for (const kind of databases) {
  test(`${kind}: what one thread claims or ends all threads know, before anybody can have heard of it`, async () => {
    await using stack = new AsyncDisposableStack()
    const { url } = stack.use(await openTestDatabase(kind))
    const { db } = stack.use(await openMigrated(url, { serving: false }))
    const owners = new Owners({
      ...{ read: db, write: db, beat: { wake() {} }, log: { error() {} }, now: Date.now, days: 30 },
    })
    const server = serverOf({ owners })
    const signals = newSignals()
    const [one, other] = [1, 2].map(() => stack.use(startLedgerThread(server, signals)))
    if (!one || !other) throw new Error('no threads')

    for (let i = 0; i < 50; i++) {
      const owned = response(`resp_${i}`)
      const found: Promise<unknown> = other.run('findAfter', owned)
      void one.run('claim', { owned, projectId: 'proj_1' })
      // This loop comes to nothing until both are on their way: it finds them in whatever order it likes.
      Atomics.wait(signals, SIGNAL.go, 0)
      assert.deepEqual(await found, [ownerIn('proj_1')])
      Atomics.store(signals, SIGNAL.go, 0)
      if (i % 10 === 9) await owners.write()
      const gone: Promise<unknown> = other.run('findAfter', owned)
      void one.run('end', owned)
      assert.deepEqual(await gone, [null])
      Atomics.store(signals, SIGNAL.go, 0)
    }

    await one.run('claim', { owned: response('resp_twice'), projectId: 'proj_1' })
    await other.run('claim', { owned: response('resp_twice'), projectId: 'proj_2' })
    assert.deepEqual(await other.run('find', response('resp_twice')), [ownerIn('proj_1')], 'the first claim counts')
    await owners.write()
    assert.deepEqual(await other.run('find', response('resp_twice')), [ownerIn('proj_1')])

    await one.run('claimBefore', { item: 'item_1', response: 'resp_late' })
    await other.run('end', response('resp_late'))
    assert.deepEqual(await one.run('find', { kind: 'item', id: 'item_1' }), [null], 'an item goes with its response')
    await owners.write()
    assert.deepEqual(await one.run('find', { kind: 'item', id: 'item_1' }), [null])
  })
}
