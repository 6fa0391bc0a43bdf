import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withoutPublished } from '../../test/openapi/published.ts'
import { publishedErrors } from '../../test/openapi/schemas.ts'
import { databases } from '../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'
import { run } from './index.ts'

const DAY = 86_400

async function seed(app: TestApp, ...args: string[]): Promise<{ code: number; notes: string; made: unknown }> {
  let made: unknown
  const notes: string[] = []
  const output = { line: () => {}, note: (text: string) => notes.push(text), json: (value: unknown) => (made = value) }
  const code = await run(['seed', ...args, '--json'], { GATEHOUSE_DATABASE_URL: app.databaseUrl }, output)
  return { code, notes: notes.join('\n'), made }
}

for (const database of databases) {
  test(`${database}: seeding fills every report, the same each time, for the organization's own keys first`, async () => {
    await using app = await startTestApp({ database })
    await using twin = await startTestApp()
    const { organization } = app.admin()
    const project = await organization.projects.create({ name: 'demo' })
    const account = await organization.projects.serviceAccounts.create(project.id, { name: 'bot' })
    const today = Math.floor(Date.now() / 1000 / DAY) * DAY
    const { code, made } = await seed(app, '--days', '2', '--keys', '36')
    assert.equal(code, 0)
    assert.partialDeepStrictEqual(made, { object: 'seed', keys: 36, days: 2, start_time: today - DAY })
    assert.equal((await seed(twin, '--days', '2', '--keys', '36')).code, 0)

    const window = { start_time: today - DAY, end_time: today }
    const { usage } = organization
    const own = await usage.costs({ ...window, api_key_ids: [account.api_key?.id ?? ''], group_by: ['user_id'] })
    const [spent] = (own.data[0]?.results ?? []) as { user_id: string }[]
    assert.equal(spent?.user_id, account.id)
    const names = [
      'completions',
      'embeddings',
      'images',
      'moderations',
      'audioSpeeches',
      'audioTranscriptions',
    ] as const
    const more = ['webSearchCalls', 'fileSearchCalls', 'codeInterpreterSessions', 'vectorStores', 'costs'] as const
    for (const name of [...names, ...more]) {
      const report = await usage[name](window)
      assert.equal(report.data.length, 1)
      assert.ok(
        report.data.every(({ results }) => results.length === 1),
        name,
      )
      assert.deepEqual(report, await twin.admin().organization.usage[name](window), name)
      if (!withoutPublished) assert.deepEqual(publishedErrors('UsageResponse', report), [])
    }
    const future = await usage.costs({ start_time: today + DAY, end_time: today + 2 * DAY })
    assert.deepEqual(future.data[0]?.results, [])
  })
}

test('seeding says what it was asked wrongly', async () => {
  await using app = await startTestApp()
  for (const args of [[], ['--days', '0'], ['--days', '1e3'], ['--days', '2', '--keys', '100001']]) {
    const { code, notes } = await seed(app, ...args)
    assert.equal(code, 2)
    assert.match(notes, /--(days|keys)/)
  }
})
