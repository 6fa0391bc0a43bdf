import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { newOrganization, type Organization } from '../../test/contract/organizations.ts'
import { databases } from '../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'
import { isId } from '../core/id.ts'
import type { Row } from '../db/tables.ts'
import { rangesOf } from './audit-filters.ts'

type Event = Pick<
  Row<'audit_log'>,
  'id' | 'type' | 'effective_at' | 'project_id' | 'actor_id' | 'actor_key_id' | 'actor_email_key' | 'resource_id'
>

const EVENTS = 3000
const START = 1_700_000_000
const id = (prefix: string, i: number) => prefix + String(i).padStart(24, '0')
const types = ['project.created', 'api_key.created', 'user.added', 'certificate.created'] as const

/** Many and few of everything, and nearly always of the first kind: what is counted up to a bound is on both sides of it. */
const event = (i: number): Event => {
  const kind = i % 50 === 0 ? i % 4 : 0
  const byKey = i % 3 > 0
  return {
    id: id('audit_log-', i),
    type: types[kind] ?? 'project.created',
    // Some share a moment: then the id decides.
    effective_at: START + Math.floor(i / 3),
    project_id: i % 7 === 0 ? null : id('proj_', i % 1000 === 0 ? 2 : kind),
    actor_id: i % 11 === 0 ? null : id('user-', i % 2),
    actor_key_id: byKey ? id('key_', i % 500 === 1 ? 9 : i % 2) : null,
    actor_email_key: i % 11 === 0 ? null : `u${i % 2}@example.com`,
    resource_id: id('proj_', i % 900),
  }
}
const events = Array.from({ length: EVENTS }, (_, i) => event(i))
const newestFirst = events.toSorted((a, b) => b.effective_at - a.effective_at || (a.id < b.id ? 1 : -1))

type Lists = 'event_types' | 'project_ids' | 'resource_ids' | 'actor_ids' | 'actor_emails'
/** What the organization itself has done since is newer than all of these: `lt` leaves it out. */
type Query = Record<Lists, string[] | undefined> & { gte: number | undefined; lt: number }

const order = new Map(newestFirst.map((one, i) => [one.id, i]))

/** The same question of a list in memory, in the plainest words. */
const passes = (query: Query) => (one: Event) => {
  const among = (wanted: string[] | undefined, value: string | null) =>
    wanted === undefined || (value !== null && wanted.includes(value))
  return (
    among(query.event_types, one.type) &&
    among(query.project_ids, one.project_id) &&
    among(query.resource_ids, one.resource_id) &&
    among(query.actor_emails, one.actor_email_key) &&
    (query.actor_ids === undefined ||
      query.actor_ids.some((wanted) => wanted === (isId('key', wanted) ? one.actor_key_id : one.actor_id))) &&
    (query.gte === undefined || one.effective_at >= query.gte) &&
    one.effective_at < query.lt
  )
}

const some = (...values: string[]) =>
  fc.option(fc.array(fc.constantFrom(...values), { minLength: 1 }), { nil: undefined })
const ids = (prefix: string, ...numbers: number[]) => numbers.map((i) => id(prefix, i))
const time = fc.integer({ min: START - 1, max: START + EVENTS / 3 + 1 })
const queries = fc.record({
  event_types: some(...types),
  project_ids: some(...ids('proj_', 0, 1, 2, 3, 8)),
  resource_ids: fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, some(...ids('proj_', 0, 1, 450, 899, 5000))),
  actor_ids: some(...ids('user-', 0, 1, 5), ...ids('key_', 0, 1, 9, 5)),
  actor_emails: some('u0@example.com', 'U1@example.com', 'nobody@example.com', ''),
  gte: fc.option(time, { nil: undefined }),
  lt: fc.oneof(time, fc.constant(START + EVENTS)),
})

for (const database of databases) {
  test(`${database}: by any filters, each page of the log is what a plain filter has in that place`, async () => {
    await using app = await startTestApp({ database })
    const own = await newOrganization(app)
    await fill(app, own)
    const place = fc.integer({ min: 0, max: EVENTS - 1 })
    const property = fc.asyncProperty(queries, place, fc.integer({ min: 1, max: 100 }), async (asked, at, limit) => {
      const query = { ...asked, actor_emails: asked.actor_emails?.map((address) => address.toLowerCase()) }
      const list = async (more: Record<string, string>) => {
        const target = `/v1/organization/audit_logs?${written(asked)}&${new URLSearchParams({ ...more, limit: String(limit) })}`
        const { status, body } = await app.send('GET', target, { key: own.key })
        assert.equal(status, 200)
        return [body.data.map((one: Event) => one.id), body.has_more]
      }
      const all = newestFirst.filter(passes(query)).map((one) => one.id)
      const cursor = newestFirst[at] ?? assert.fail()
      const behind = all.filter((one) => (order.get(one) ?? 0) > at)
      const before = all.filter((one) => (order.get(one) ?? 0) < at)
      assert.deepEqual(await list({ after: cursor.id }), [behind.slice(0, limit), behind.length > limit])
      const between = behind.filter((one) => (order.get(one) ?? 0) < at + 200)
      const end = newestFirst[at + 200]?.id
      if (end !== undefined) {
        assert.deepEqual(await list({ after: cursor.id, before: end }), [
          between.slice(0, limit),
          between.length > limit,
        ])
      }
      const upwards = await list({ before: cursor.id })
      assert.deepEqual(upwards, [before.slice(-limit), before.length > limit])
    })
    await fc.assert(property, { numRuns: 40 })
  })

  test(`${database}: in each range another filter is one condition for each of its columns, however many its values`, async () => {
    await using app = await startTestApp({ database })
    const many = (prefix: string) => Array.from({ length: 80 }, (_, i) => id(prefix, i))
    const query = {
      limit: 20,
      tenant_only: false,
      resource_ids: many('proj_'),
      actor_ids: [...many('user-'), ...many('key_')],
    }
    const ranges = await rangesOf(app.db, { organizationId: id('org-', 1), after: null, before: null }, query)
    assert.equal(ranges.length, 80)
    for (const range of ranges) assert.equal(range.compile().sql.match(/coalesce/g)?.length, 2)
  })
}

function written({ gte, lt, ...lists }: Query): string {
  const asked = new URLSearchParams()
  for (const [name, values] of Object.entries(lists)) for (const value of values ?? []) asked.append(`${name}[]`, value)
  if (gte !== undefined) asked.append('effective_at[gte]', String(gte))
  asked.append('effective_at[lt]', String(lt))
  return asked.toString()
}

async function fill(app: TestApp, own: Organization) {
  const blank = { organization_id: own.id, actor: null, payload: '{"id":"x"}', ip_address: null, user_agent: null }
  for (let i = 0; i < EVENTS; i += 500) {
    const rows = events.slice(i, i + 500).map((one) => ({ ...one, ...blank }))
    await app.db.insertInto('audit_log').values(rows).execute()
  }
}
