import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../gateway/upstream.ts'
import { databases } from '../support/databases.ts'
import { ADMIN_KEY as adminKey, startTestApp } from '../support/harness.ts'
import { Held } from '../support/held.ts'

/** Enough that what looks for a name among them has to ask more than twice. */
const PROJECTS = 300

for (const database of databases) {
  test(`${database}: for a client that has left nothing more is looked through, in a list and in what needs attention`, async () => {
    for (const { path, text, counted } of [
      {
        path: '/v1/organization/projects?name=nothing&limit=20',
        text: 'select * from "project" where',
        counted: 'select * from "project" where',
      },
      // Whether there is a limit of money is asked before anything is looked for.
      {
        path: '/v1/organization/attention',
        text: 'from "organization_policy" where',
        counted: 'from "project_policy"',
      },
    ]) {
      const held = new Held(database, text)
      const failures: string[] = []
      const log = (line: string) => {
        if (JSON.parse(line).level >= 50) failures.push(line)
      }
      await using app = await startTestApp({ database, plugins: [held], log })
      const { id: organization_id } = await app.db.selectFrom('organization').select('id').executeTakeFirstOrThrow()
      await app.db
        .insertInto('project')
        .values(
          Array.from({ length: PROJECTS }, (_, i) => {
            const id = `proj_${String(i).padStart(24, '0')}`
            return { id, organization_id, name: 'one', created_at: 1, archived_at: null }
          }),
        )
        .execute()
      const headers = { authorization: `Bearer ${adminKey}` }
      const leaving = new AbortController()
      const reply = app.fetch(app.url + path, { headers, signal: leaving.signal }).catch(() => null)
      await until(() => held.waiting === 1, 'what it looks through')
      leaving.abort()
      await reply
      await until(async () => (await app.metric('gatehouse_requests_in_flight')) === 1, 'the end of who leaves')
      const before = held.times(counted)
      held.released.resolve()
      // It comes behind whatever would be looked at further.
      for (let i = 0; i < 20; i++) assert.equal((await app.send('GET', '/v1/organization/invites')).status, 200)
      assert.equal(held.times(counted), before)
      assert.deepEqual(failures, [])
    }
  })
}
