import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { databases } from '../support/databases.ts'
import { newSeed } from '../support/seeded.ts'
import { type Event, type Snapshot, unexplained } from './changes.ts'
import { fuzz } from './fuzz.ts'
import { flawOf, type Request } from './request.ts'

const REQUESTS = 750

describe('of requests that the contract and the routes make up, by every kind of key, none fails the server', () => {
  for (const database of databases) {
    test(`${database}: ${REQUESTS} of them are answered in the one envelope, and what they change is recorded`, async (t) => {
      const seed = newSeed()
      t.diagnostic(`npm run fuzz -- --seed ${seed}`)
      const { statuses, faults } = await fuzz({ database, seed, requests: REQUESTS })
      assert.deepEqual(faults, [], `seed ${seed}`)
      // Or it asks for nothing that there is.
      for (const status of [200, 400, 401, 404])
        assert.ok((statuses[status] ?? 0) > 20, `${status}: ${statuses[status]}`)
    })
  }

  test('an answer that is a failure, or in another shape, is found', () => {
    const asked = { method: 'GET' } as Request
    const json = 'application/json; charset=utf-8'
    const error = { message: 'no', type: 'invalid_request_error', param: null, code: null }
    const flaw = (status: number, body: unknown, type = json) =>
      flawOf(asked, { status, type, text: typeof body === 'string' ? body : JSON.stringify(body) })
    assert.equal(flaw(404, { error }), null)
    assert.equal(flaw(200, 'anything', 'text/html'), null)
    for (const found of [
      flaw(500, { error }),
      flaw(400, { error }, 'text/html'),
      flaw(400, 'no JSON'),
      flaw(400, { error, more: 1 }),
      flaw(400, { error: { ...error, stack: 'at' } }),
      flaw(400, { error: { message: 'no', type: 'x', code: null } }),
      flaw(400, { error: { ...error, message: '' } }),
      flaw(400, { error: { ...error, param: 7 } }),
    ]) {
      assert.equal(typeof found, 'string')
    }
  })

  test('a row that comes, goes or changes without an event about it is found', () => {
    const row = { id: 'group_1', organization_id: 'org-1', name: 'a' }
    const of = (...rows: object[]): Snapshot =>
      new Map(rows.map((row) => [JSON.stringify(row), { table: 'user_group', row: row as Record<string, unknown> }]))
    const event = (change: Partial<Event>): Event => ({
      organizationId: 'org-1',
      type: 'group.updated',
      text: 'group_1',
      ...change,
    })
    const renamed = of({ ...row, name: 'b' })
    assert.deepEqual(unexplained(of(row), renamed, [event({})]), [])
    assert.equal(unexplained(of(row), renamed, []).length, 2)
    assert.equal(unexplained(of(row), of(), []).length, 1)
    for (const other of [{ text: 'group_2' }, { type: 'user.updated' }, { organizationId: 'org-2' }]) {
      assert.equal(unexplained(of(), of(row), [event(other)]).length, 1)
    }
  })
})
