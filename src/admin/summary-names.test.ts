import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newAdminKey, newOrganization, newUser, type Organization } from '../../test/contract/organizations.ts'
import { databases } from '../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'
import { summaryOf } from '../../test/support/summaries.ts'
import type { UsageEntry } from '../core/usage-entry.ts'
import { recordUsage } from '../db/usage.ts'

const DAY = 86_400
/** A Monday, 00:00 UTC. */
const start = 1_790_553_600
const window = `start_time=${start}&end_time=${start + DAY}`

const record = (app: TestApp, own: Organization, ...entries: Partial<UsageEntry>[]) =>
  recordUsage(
    app.db,
    entries.map((entry) => ({
      organization_id: own.id,
      kind: 'completions',
      at: start,
      num_model_requests: 1,
      ...entry,
    })),
  )

for (const database of databases) {
  test(`${database}: who used something is told by name, and what is gone says so`, async () => {
    await using app = await startTestApp({ database })
    const own = await newOrganization(app)
    const { admin } = own
    const [kept, archived] = [
      await admin.projects.create({ name: 'Kept' }),
      await admin.projects.create({ name: 'Old' }),
    ]
    const account = await admin.projects.serviceAccounts.create(kept.id, { name: 'Oven' })
    const gone = await admin.projects.serviceAccounts.create(kept.id, { name: 'Gone' })
    const user = await newUser(app, own)
    const entries = [
      { project_id: kept.id, user_id: own.ownerId, api_key_id: account.api_key?.id ?? '', model: 'm1' },
      { project_id: archived.id, user_id: user.id, api_key_id: gone.api_key?.id ?? '', model: '' },
      { project_id: kept.id, user_id: account.id, num_model_requests: 3 },
      { project_id: kept.id, user_id: gone.id, num_model_requests: 2 },
      // Of another organization's there is nothing to be told.
      { user_id: 'user-of-nobody', project_id: 'proj_of_nobody' },
    ]
    await record(app, own, ...entries.map((entry, i) => ({ input_tokens: 100 - i, ...entry })))
    await admin.projects.archive(archived.id)
    await admin.projects.serviceAccounts.delete(gone.id, { project_id: kept.id })
    await admin.users.delete(user.id)
    const named = async (by: string) => {
      const { period } = await summaryOf(app, 'usage', `${window}&group_by=${by}`, own.key)
      return period.groups.map(({ id, name, status }) => [id, name, status])
    }
    assert.deepEqual(await named('user_id'), [
      [own.ownerId, own.ownerEmail, 'active'],
      [user.id, user.email, 'deleted'],
      ['user-of-nobody', null, 'deleted'],
    ])
    assert.deepEqual(await named('service_account_id'), [
      [account.id, 'Oven', 'active'],
      [gone.id, null, 'deleted'],
    ])
    assert.deepEqual(await named('project_id'), [
      [kept.id, 'Kept', 'active'],
      [archived.id, 'Old', 'archived'],
      ['proj_of_nobody', null, 'deleted'],
    ])
    assert.deepEqual(await named('model'), [
      [null, null, 'active'],
      ['m1', 'm1', 'active'],
    ])
    const keys = await admin.projects.apiKeys.list(kept.id)
    const name = keys.data.find(({ id }) => id === account.api_key?.id)?.name
    assert.deepEqual(await named('api_key_id'), [
      [null, null, 'active'],
      [account.api_key?.id, name, 'active'],
      [gone.api_key?.id, null, 'deleted'],
    ])
    // What another organization has is told of nowhere.
    const other = await newOrganization(app)
    for (const path of ['usage', 'costs']) {
      const { period } = await summaryOf(app, path, window, other.key)
      assert.deepEqual([period.groups, period.others], [[], null])
    }
  })

  test(`${database}: who manages a project sees what it used, and nothing of another, whatever they ask for`, async () => {
    await using app = await startTestApp({ database })
    const own = await newOrganization(app)
    const [mine, other] = [
      await own.admin.projects.create({ name: 'Mine' }),
      await own.admin.projects.create({ name: 'Other' }),
    ]
    const user = await newUser(app, own)
    await own.admin.projects.users.create(mine.id, { user_id: user.id, role: 'owner' })
    const key = await newAdminKey(app, own, user.id)
    await record(
      app,
      own,
      { project_id: mine.id, input_tokens: 7, api_key_id: 'key_1' },
      { project_id: other.id, input_tokens: 900, api_key_id: 'key_2' },
      { project_id: mine.id, kind: 'costs', amount_nano: 5_000_000, line_item: 'm1, input_tokens' },
      { project_id: other.id, kind: 'costs', amount_nano: 9_000_000, line_item: 'm1, input_tokens' },
    )
    for (const filter of ['', `&project_ids[]=${other.id}`, '&group_by=api_key_id']) {
      const used = await summaryOf(app, `projects/${mine.id}/usage`, window + filter, key)
      assert.deepEqual([used.period.total.input_tokens, used.period.groups.length], [7, 1])
      const spent = await summaryOf(app, `projects/${mine.id}/costs`, window + filter, key)
      assert.deepEqual(spent.period.total, { amount: { value: 0.005, currency: 'usd' } })
    }
    const narrowed = await summaryOf(app, `projects/${mine.id}/usage`, `${window}&api_key_ids[]=key_2`, key)
    assert.deepEqual(narrowed.period.groups, [])
    for (const path of ['usage/summary', `projects/${other.id}/usage/summary`, 'costs/summary']) {
      const { status } = await app.send('GET', `/v1/organization/${path}?${window}`, { key })
      assert.ok(status === 401 || status === 404, `${path}: ${status}`)
    }
    const { status } = await app.send(
      'GET',
      `/v1/organization/projects/${mine.id}/usage/summary?${window}&group_by=project_id`,
      { key },
    )
    assert.equal(status, 400)
  })

  test(`${database}: what batches used is told apart from all else, of the organization and of a project`, async () => {
    await using app = await startTestApp({ database })
    const own = await newOrganization(app)
    const { id: project_id } = await own.admin.projects.create({ name: 'Kitchen' })
    await record(
      app,
      own,
      { project_id, model: 'm1', batch: 1, input_tokens: 3 },
      { project_id, model: 'm2', batch: 1, input_tokens: 4 },
      { project_id, model: 'm1', input_tokens: 2 },
      { project_id: 'proj_other', model: 'm1', kind: 'embeddings', input_tokens: 9 },
      { project_id, kind: 'costs', line_item: 'm1, input_tokens', batch: 1, amount_nano: 1_000_000_000 },
      { project_id, kind: 'costs', line_item: 'm1, input_tokens', amount_nano: 3_000_000_000 },
    )
    const grouped = async (path: string) => {
      const { body } = await app.send('GET', `${path}/summary?${window}&group_by=batch`, { key: own.key })
      return body.period.groups.map(
        ({ id, name, total }: { id: string; name: string; total: Record<string, unknown> }) => [
          ...[id, name],
          total.input_tokens ?? (total.amount as { value: number }).value,
        ],
      )
    }
    const [all, project] = ['/v1/organization', `/v1/organization/projects/${project_id}`]
    const told = (live: number, batches: number) =>
      [
        ['false', 'Live calls', live],
        ['true', 'Batches', batches],
      ].sort((a, b) => Number(b[2]) - Number(a[2]))
    assert.deepEqual(await grouped(`${all}/usage`), told(11, 7))
    assert.deepEqual(await grouped(`${project}/usage`), told(2, 7))
    assert.deepEqual(await grouped(`${all}/costs`), told(3, 1))
    assert.deepEqual(await grouped(`${project}/costs`), told(3, 1))
  })

  test(`${database}: what makes no sense is refused, and a period has so many buckets at most`, async () => {
    await using app = await startTestApp({ database })
    const ask = (query: string) => app.send('GET', `/v1/organization/usage/summary?${query}`)
    for (const [width, seconds, most] of [
      ['1d', DAY, 366],
      ['1h', 3600, 744],
      ['1m', 60, 1440],
    ] as const) {
      const query = (count: number) => `bucket_width=${width}&start_time=${start}&end_time=${start + count * seconds}`
      const whole = await ask(query(most))
      assert.deepEqual([whole.status, whole.body.period.buckets.length], [200, most])
      const refused = await ask(query(most + 1))
      assert.deepEqual([refused.status, refused.body.error.param], [400, 'start_time'])
      assert.match(refused.body.error.message, new RegExp(`${most + 1} buckets of ${width}.* at most ${most}\\.`))
    }
    for (const [query, param] of [
      ['', 'start_time'],
      ['start_time=0', 'start_time'],
      [`start_time=${start}&end_time=${start}`, 'end_time'],
      [`${window}&group_by=line_item`, 'group_by'],
      [`${window}&rank_by=amount`, 'rank_by'],
      [`${window}&models[]=%00`, 'models[0]'],
    ] as const) {
      const { status, body } = await ask(query)
      assert.deepEqual([query, status, body.error.param], [query, 400, param])
    }
    // Without an end it goes on to the end of the bucket that is now; what has not begun yet is one bucket.
    const now = Math.floor(Date.now() / 1000)
    const { body } = await ask(`start_time=${now - 3 * DAY}`)
    assert.ok([4, 5].includes(body.period.buckets.length))
    assert.equal((await ask(`start_time=${now + 9 * DAY}`)).body.period.buckets.length, 1)
  })

  test(`${database}: the retention, which deletes minutes, changes no hour and no day`, async () => {
    await using app = await startTestApp({ database })
    const { id: organization_id } = await app.db.selectFrom('organization').select('id').executeTakeFirstOrThrow()
    const of = { organization_id, kind: 'completions' as const, model: 'm', input_tokens: 3 }
    await recordUsage(app.db, [
      { ...of, at: start + 5 },
      { ...of, at: start + 4000 },
    ])
    const asked = (width: string) => summaryOf(app, 'usage', `${window}&bucket_width=${width}`)
    const before = [await asked('1d'), await asked('1h')]
    await app.db.deleteFrom('usage_rollup').where('grain', '=', 60).execute()
    assert.deepEqual([await asked('1d'), await asked('1h')], before)
    const report = await app.send('GET', `/v1/organization/usage/completions?${window}&bucket_width=1m&limit=1440`)
    const reported = report.body.data.flatMap(({ results }: { results: unknown[] }) => results)
    assert.deepEqual([(await asked('1m')).period.groups, reported], [[], []])
  })
}
