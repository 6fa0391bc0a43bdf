import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command } from '../support/command.ts'
import { databases, openTestDatabase } from '../support/databases.ts'
import { startTestApp, type TestApp } from '../support/harness.ts'

const DAY = 86_400

/** Each list as somebody reads it who remembers the last thing that they saw, and asks for what came after it. */
const lists = ['projects', 'users', 'invites', 'groups', 'admin_api_keys', 'roles', 'audit_logs'] as const

/** Follows the organization's lists: what one round of reading finds that the rounds before did not. */
function follower(app: TestApp) {
  const last = new Map<string, string>()
  return async (): Promise<Map<string, string[]>> => {
    const news = new Map<string, string[]>()
    for (const list of lists) {
      const isLog = list === 'audit_logs'
      const seen = last.get(list)
      const cursor = seen === undefined ? '' : `&${isLog ? 'before' : 'after'}=${seen}`
      const { status, body } = await app.send('GET', `/v1/organization/${list}?limit=100${cursor}`)
      assert.equal(status, 200, JSON.stringify(body))
      const made = (body.data as { id: string; predefined_role?: boolean }[]).filter((one) => !one.predefined_role)
      const ids = made.map(({ id }) => id)
      // The log is newest first, all others the other way round.
      const newest = isLog ? ids.at(0) : ids.at(-1)
      if (newest !== undefined) last.set(list, newest)
      news.set(list, ids)
    }
    return news
  }
}

/**
 * Makes one of each, and a refused call, which only the log has and a writer of its own writes.
 * @returns what was made, by list
 */
async function makeOneOfEach(app: TestApp, name: string): Promise<Map<string, string>> {
  const post = async (path: string, body: object) => {
    const reply = await app.send('POST', `/v1/organization/${path}`, { body })
    assert.equal(reply.status, 200, reply.text)
    return reply.body
  }
  const made = new Map<string, string>()
  made.set('projects', (await post('projects', { name })).id)
  made.set('groups', (await post('groups', { name })).id)
  made.set('roles', (await post('roles', { role_name: name, permissions: ['api.groups.read'] })).id)
  made.set('invites', (await post('invites', { email: `${name}@example.com`, role: 'reader' })).id)
  const email = `${name}@example.org`
  made.set('users', (await command(app, 'user', 'create', '--email', email, '--name', name, '--role', 'owner')).id)
  const key = await command(app, 'admin-key', 'create', '--user', email, '--scopes', 'api.usage.read')
  made.set('admin_api_keys', key.id)
  assert.equal((await app.send('GET', '/v1/organization/projects', { key: key.value })).status, 401)
  return made
}

for (const database of databases) {
  for (const [what, behind] of [
    ['an hour', 3600],
    ['a month', 30 * DAY],
  ] as const) {
    test(`${database}: who follows a list misses nothing when the clock was set back by ${what} before a restart`, async () => {
      await using own = await openTestDatabase(database)
      let ids: string[]
      {
        await using first = await startTestApp({ databaseUrl: own.url })
        first.advance(60)
        await makeOneOfEach(first, 'before')
        ids = (await first.send('GET', '/v1/organization/audit_logs?limit=100')).body.data.map(idOf)
      }
      await using app = await startTestApp({ databaseUrl: own.url })
      app.advance(-behind)
      const follow = follower(app)
      assert.deepEqual((await follow()).get('audit_logs'), ids)
      for (const name of ['one', 'two']) {
        const made = await makeOneOfEach(app, name)
        const news = await follow()
        for (const [list, id] of made) assert.ok(news.get(list)?.includes(id), `${list}: ${name} is missed`)
        assert.ok((news.get('audit_logs')?.length ?? 0) >= made.size, `the log: ${news.get('audit_logs')}`)
        ids = [...(news.get('audit_logs') ?? []), ...ids]
      }
      // Page by page the whole log is the same, in the same order: newest first, by time and by id alike.
      const { data } = (await app.send('GET', '/v1/organization/audit_logs?limit=100')).body
      assert.deepEqual(data.map(idOf), ids)
      assert.deepEqual(ids.toSorted().toReversed(), ids)
      const times = data.map(({ effective_at }: { effective_at: number }) => effective_at)
      assert.deepEqual(
        times.toSorted((a: number, b: number) => b - a),
        times,
      )
    })
  }

  test(`${database}: nodes whose clocks differ by an hour put nothing before what was read on another`, async () => {
    await using own = await openTestDatabase(database)
    await using ahead = await startTestApp({ databaseUrl: own.url })
    await using late = await startTestApp({ databaseUrl: own.url })
    ahead.advance(1800)
    late.advance(-1800)
    const follow = follower(late)
    await follow()
    for (const [i, node] of [ahead, late, late, ahead, late].entries()) {
      const made = await makeOneOfEach(node, `n${i}`)
      const news = await follow()
      for (const [list, id] of made) assert.ok(news.get(list)?.includes(id), `${list} of round ${i} is missed`)
    }
  })
}

const idOf = ({ id }: { id: string }) => id
