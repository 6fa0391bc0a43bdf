import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { databases } from '../support/databases.ts'
import { newSeed } from '../support/seeded.ts'
import { type Event, type Snapshot, unexplained } from './changes.ts'
import { fuzz } from './fuzz.ts'
import { type OwnedWorld, strangeFlaw } from './owned.ts'
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
      flaw(404, { error }, 'application/json'),
    ]) {
      assert.equal(typeof found, 'string')
    }
  })

  test('what does something with what is another’s, or shows it, is found', () => {
    const owned: OwnedWorld = { ids: new Map(), ways: [], strange: ['file-a', 'conv_b'], changed: () => [] }
    const flaw = (asked: Partial<Request>, status: number, text = '{}') =>
      strangeFlaw(owned, { method: 'GET', path: '/v1/files', body: null, ...asked } as Request, {
        ...{ status, text, type: 'application/json' },
      })
    assert.equal(flaw({ strange: 'file-a' }, 404), null)
    assert.equal(flaw({ strange: null }, 200, '{"id":"file-mine"}'), null)
    assert.equal(flaw({ path: '/v1/files/file-a', strange: 'file-a' }, 404, "no such file 'file-a'"), null)
    assert.equal(flaw({ strange: 'file-a' }, 200), "200 for what is another's")
    assert.equal(flaw({}, 200, '{"data":[{"id":"conv_b"}]}'), "shows conv_b, which is another's")
    assert.equal(flaw({ path: '/v1/files/file-a' }, 404, 'conv_b'), "shows conv_b, which is another's")
  })

  test('the check door may answer in the shape of the API whose route it is asked about, and of no other', () => {
    const told = { type: 'error', error: { type: 'invalid_request_error', message: 'no' }, request_id: 'req_1' }
    const answer = {
      status: 400,
      type: 'application/json; charset=utf-8',
      text: JSON.stringify(told),
      headers: { 'request-id': 'req_1' },
    }
    const about = (path: string, headers: Record<string, string> = {}) =>
      flawOf({ method: 'POST', path, headers } as Request, answer)
    for (const headers of [{ 'x-original-uri': '/v1/messages?x=1' }, { 'x-forwarded-uri': '/v1/messages' }] as const) {
      assert.equal(about('/check', { ...headers }), null)
      assert.equal(about('/check?x=1', { ...headers }), null)
      assert.equal(typeof about('/v1/models', { ...headers }), 'string')
    }
    assert.equal(about('/check/v1/messages'), null)
    assert.equal(about('/check', { 'x-original-uri': '/v1/models', 'anthropic-version': '2023-06-01' }), null)
    for (const [path, headers] of [
      ['/check', { 'x-original-uri': '/v1/responses' }],
      ['/check', { 'x-original-uri': '/v1/messages', 'x-forwarded-uri': '/v1/models' }],
      ['/check/v1/models', { 'x-original-uri': '/v1/messages' }],
      ['/checks', { 'x-original-uri': '/v1/messages' }],
      ['/check', {}],
    ] as const) {
      assert.equal(typeof about(path, { ...headers }), 'string')
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
      actorId: 'user_1',
      ...change,
    })
    const renamed = of({ ...row, name: 'b' })
    assert.deepEqual(unexplained(of(row), renamed, [event({})]), [])
    for (const [how, before, after] of [
      ['changed', of(row), renamed],
      ['gone', of(row), of()],
      ['new', of(), of(row)],
    ] as const) {
      const found = unexplained(before, after, [])
      assert.equal(found.length, 1)
      assert.match(found[0] ?? '', new RegExp(`^${how}: .*; recorded of what it names: nothing$`))
    }
    for (const other of [{ text: 'group_2' }, { type: 'user.updated' }, { organizationId: 'org-2' }]) {
      assert.equal(unexplained(of(), of(row), [event(other)]).length, 1)
    }
  })

  // What names the user alone may tell that all of theirs is gone, and never that something came.
  const own = { organization_id: 'org-1', user_id: 'user-2' }
  const rows: Record<string, Record<string, unknown>> = {
    passkey: { ...own, id: 'passkey_1', counter: 1 },
    session: { ...own, id: 'session_1' },
    second_factor: { ...own, last_step: 1 },
    passkey_challenge: { ...own, hash: 'a' },
    recovery_code: { ...own, hash: 'a' },
  }
  const event = (type: string, change: Partial<Event> = {}): Event => ({
    ...{ organizationId: 'org-1', type, text: 'user-2', actorId: 'user-1' },
    ...change,
  })
  const reset = event('user.updated', { text: '{"id":"user-2","changes_requested":{"second_factor":"reset"}}' })
  const signedIn = event('login.succeeded', { text: 'session_9', actorId: 'user-2' })
  for (const { name, of, how, by, explained } of [
    { name: "a user's removal", of: 'passkey', how: 'gone', by: event('user.deleted'), explained: true },
    { name: 'the reset of their factors', of: 'passkey', how: 'gone', by: reset, explained: true },
    { name: 'another change of theirs', of: 'passkey', how: 'gone', by: event('user.updated'), explained: false },
    { name: 'signing in', of: 'passkey', how: 'gone', by: signedIn, explained: false },
    { name: 'signing in', of: 'passkey', how: 'changed', by: signedIn, explained: true },
    { name: 'the reset of their factors', of: 'passkey', how: 'new', by: reset, explained: false },
    { name: 'another change of theirs', of: 'session', how: 'gone', by: event('user.updated'), explained: true },
    { name: 'signing in', of: 'session', how: 'gone', by: signedIn, explained: true },
    { name: 'signing in to another session', of: 'session', how: 'new', by: signedIn, explained: false },
    { name: 'signing in', of: 'second_factor', how: 'changed', by: signedIn, explained: true },
    { name: 'signing in', of: 'second_factor', how: 'gone', by: signedIn, explained: false },
    { name: 'signing in', of: 'passkey_challenge', how: 'gone', by: signedIn, explained: true },
    { name: 'signing in', of: 'passkey_challenge', how: 'new', by: signedIn, explained: false },
    { name: 'signing in', of: 'recovery_code', how: 'gone', by: signedIn, explained: false },
    { name: 'a change of theirs', of: 'recovery_code', how: 'gone', by: event('user.updated'), explained: true },
    {
      name: 'what names the organization',
      of: 'recovery_code',
      how: 'gone',
      by: event('user.updated', { text: 'org-1' }),
      explained: false,
    },
  ] as const) {
    test(`${name} ${explained ? 'explains' : 'does not explain'} that a ${of} is ${how}`, () => {
      const row = rows[of] ?? assert.fail()
      const holding = (row: Record<string, unknown>): Snapshot => new Map([[JSON.stringify(row), { table: of, row }]])
      const before = how === 'new' ? new Map() : holding(row)
      const after = how === 'gone' ? new Map() : holding(how === 'changed' ? { ...row, counter: 2, last_step: 2 } : row)
      const found = unexplained(before, after, [by])
      assert.equal(found.length, explained ? 0 : 1)
      if (!explained) assert.match(found[0] ?? '', new RegExp(`^${how}: `))
    })
  }
})
