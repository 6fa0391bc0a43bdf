import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import { CHAT, makeKey } from '../gateway/gate.ts'
import { until } from '../process/gatehouse.ts'
import { openPostgres } from '../support/databases.ts'
import { startTestApp } from '../support/harness.ts'
import { modelsFile } from '../support/models-file.ts'
import { type OwnPostgres, startPostgres } from '../support/postgres.ts'

const body = { model: 'echo', messages: [{ role: 'user', content: 'hello' }] }
const BACK_MS = 5000

type Harm = {
  settings: string[]
  /** How changes end. */
  changes: number[]
  /** Whether it counts as there: yes, if left out. */
  isThere?: boolean
  begins: (server: OwnPostgres, url: string) => Promise<() => Promise<void>>
}

/** What a PostgreSQL can be that answers and cannot be used; each begins, and gives what ends it. */
const harms: Record<string, Harm> = {
  'has no connection left': {
    settings: ['max_connections=20'],
    changes: [200, 503],
    async begins(_, url) {
      const taken: pg.Client[] = []
      for (;;) {
        const client = new pg.Client({ connectionString: url })
        client.on('error', () => {})
        if (
          !(await client.connect().then(
            () => true,
            () => false,
          ))
        )
          break
        taken.push(client)
      }
      return async () => {
        for (const client of taken) await client.end()
      }
    },
  },
  'takes no changes': {
    settings: [],
    changes: [503],
    async begins({ run }, url) {
      await run('alter system set default_transaction_read_only = on')
      await run('select pg_reload_conf()')
      return async () => {
        const client = new pg.Client({ connectionString: url, options: '-c default_transaction_read_only=off' })
        await client.connect()
        await client.query('alter system reset default_transaction_read_only')
        await client.query('select pg_reload_conf()')
        await client.end()
      }
    },
  },
  // A real one takes minutes to make: here PostgreSQL says of itself what a standby says, to whoever connects anew.
  'has become a standby': {
    settings: [],
    changes: [503],
    isThere: false,
    async begins({ run }, url) {
      const name = new URL(url).pathname.slice(1)
      const ended = `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}' and pid <> pg_backend_pid()`
      const client = new pg.Client({ connectionString: url })
      await client.connect()
      await client.query('create schema standby')
      await client.query(
        'create function standby.pg_is_in_recovery() returns boolean language sql as $$ select true $$',
      )
      await client.end()
      await run(`alter database ${name} set search_path = standby, pg_catalog, public`)
      await run(`alter database ${name} set default_transaction_read_only = on`)
      await run(ended)
      return async () => {
        await run(`alter database ${name} reset all`)
      }
    },
  },
}

for (const [harm, { settings, changes: ends, isThere = true, begins }] of Object.entries(harms)) {
  test(`a PostgreSQL that ${harm}: calls go on where they can, nobody is refused as if to blame, and all works again by itself`, async (t) => {
    await using server = await startPostgres(async () => settings)
    await using database = await openPostgres(server)
    await using file = await modelsFile(['echo'], { serve_known_keys_seconds: 60 })
    await using app = await startTestApp({ databaseUrl: database.url, env: { GATEHOUSE_CONFIG: file.path } })
    const { key } = await makeKey(app)
    const call = () => app.send('POST', CHAT, { key, body }).then(({ status }) => status)
    const change = (name: string) =>
      app.send('POST', '/v1/organization/projects', { body: { name } }).then(({ status }) => status)
    await until(async () => (await call()) === 200, 'the key is known')
    const end = await begins(server, database.url)
    const seen = { calls: new Set<number>(), changes: new Set<number>() }
    const begun = performance.now()
    // Longer than what is known of a key is believed.
    while (performance.now() < begun + 7000) {
      const changes = await Promise.all(Array.from({ length: 12 }, (_, i) => change(`during ${i}`)))
      for (const status of changes) seen.changes.add(status)
      // A change that was made ends what was known: then the key may have to wait as well.
      seen.calls.add(await call())
    }
    const { status, body: standing } = await app.send('GET', '/readyz', { key: null })
    assert.deepEqual([status, standing.database], [200, isThere ? 'ok' : 'degraded'])
    await end()
    const ended = performance.now()
    await until(async () => (await change('after')) === 200 && (await call()) === 200, 'all works again', BACK_MS)
    t.diagnostic(
      `calls ${[...seen.calls]}, changes ${[...seen.changes]}, all well ${Math.round(performance.now() - ended)} ms after it was`,
    )
    assert.ok(seen.calls.has(200))
    assert.deepEqual(
      [...seen.calls].filter((status) => status !== 200 && status !== 503),
      [],
    )
    assert.deepEqual(
      [...seen.changes].filter((status) => !ends.includes(status)),
      [],
    )
    await until(async () => (await app.metric('gatehouse_usage_buffered')) === 0, 'what was used is written')
  })
}
