import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Gatehouse, type Server, serve } from '../process/gatehouse.ts'
import { openTestDatabase } from '../support/databases.ts'
import { fill } from '../support/filled.ts'
import { ADMIN_KEY } from '../support/harness.ts'
import { done, refused } from './run.ts'

const AUTHORIZATION = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' }

/** A server on a file in a folder of the test's own, and what it is asked. */
async function setUp() {
  const stack = new AsyncDisposableStack()
  const database = stack.use(await openTestDatabase('sqlite'))
  const path = database.url.slice('sqlite:'.length)
  const env = { GATEHOUSE_DATABASE_URL: database.url, GATEHOUSE_ADMIN_KEY: ADMIN_KEY }
  return {
    on: { databaseUrl: database.url },
    path,
    env,
    beside: (name: string) => join(dirname(path), name),
    files: () => readdirSync(dirname(path)).filter((name) => !name.endsWith('-serving') && !name.endsWith('-journal')),
    start: () => serve({ env }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

async function create(server: Server, name: string): Promise<string> {
  const url = `${server.url}/v1/organization/projects`
  const reply = await fetch(url, { method: 'POST', headers: AUTHORIZATION, body: JSON.stringify({ name }) })
  assert.equal(reply.status, 200)
  return ((await reply.json()) as { id: string }).id
}

async function names(server: Server): Promise<string[]> {
  const reply = await fetch(`${server.url}/v1/organization/projects?limit=100`, { headers: AUTHORIZATION })
  const { data } = (await reply.json()) as { data: { name: string }[] }
  return data.map(({ name }) => name).filter((name) => name.startsWith('p-'))
}

const inFile = (path: string): string[] => {
  using db = new DatabaseSync(path, { readOnly: true })
  assert.deepEqual({ ...db.prepare('pragma integrity_check').get() }, { integrity_check: 'ok' })
  const rows = db.prepare("select name from project where name like 'p-%' order by id").all()
  return rows.map(({ name }) => String(name))
}

/** A large organization, so that a copy of it takes a while. */
async function enlarge({ on, start }: Awaited<ReturnType<typeof setUp>>, rows: number): Promise<void> {
  const server = await start()
  const reply = await fetch(`${server.url}/v1/organization/users`, { headers: AUTHORIZATION })
  const { data } = (await reply.json()) as { data: { id: string }[] }
  server.signal('SIGTERM')
  await server.ended
  using db = new DatabaseSync(on.databaseUrl.slice('sqlite:'.length))
  const organizationId = String(db.prepare('select id from organization').get()?.id)
  await fill(on.databaseUrl, { organizationId, ownerId: data[0]?.id ?? '', rows })
}

test('a backup beside a running server is of one moment, whole, private, and holds up neither changes nor calls', async (t) => {
  await using given = await setUp()
  await enlarge(given, 40_000)
  await using server = await given.start()
  for (let i = 0; i < 5; i++) await create(server, `p-before-${i}`)
  await using backup = new Gatehouse(['backup', '--to', given.beside('b.db'), '--json'], { env: given.env })
  const took: number[] = []
  let changes = 0
  const during = async (act: () => Promise<unknown>) => {
    while (backup.running) {
      const begun = performance.now()
      await act()
      took.push(performance.now() - begun)
    }
  }
  await Promise.all([
    during(async () => create(server, `p-during-${changes++}`)),
    during(async () => assert.equal((await fetch(`${server.url}/v1/models`, { headers: AUTHORIZATION })).status, 401)),
  ])
  const ended = await backup.ended
  assert.deepEqual([ended.code, ended.stderr], [0, ''])
  assert.ok(changes > 5, `${changes} changes`)
  took.sort((a, b) => a - b)
  const p99 = took[Math.floor(took.length * 0.99)] ?? 0
  t.diagnostic(`${changes} changes while it ran; of ${took.length} requests p99 ${p99.toFixed(1)} ms`)
  const printed = JSON.parse(ended.stdout)
  assert.deepEqual([printed.object, printed.bytes], ['backup', statSync(given.beside('b.db')).size])
  assert.equal(statSync(given.beside('b.db')).mode & 0o777, 0o600)
  const held = inFile(given.beside('b.db'))
  // All that was acknowledged before, and of the others those up to one moment.
  const begun = held.filter((name) => name.startsWith('p-during-'))
  assert.equal(held.length - begun.length, 5)
  assert.deepEqual(
    begun,
    Array.from(begun, (_, i) => `p-during-${i}`),
  )
  assert.deepEqual(
    given.files().filter((name) => name.startsWith('b.db')),
    ['b.db'],
  )
})

test('a backup that is restored is what it was, with keys that work, and what was there before is kept', async () => {
  await using given = await setUp()
  {
    await using server = await given.start()
    await create(server, 'p-old')
    const { object } = await done(given.on, 'backup', '--to', given.beside('b.db'))
    assert.equal(object, 'backup')
    await create(server, 'p-new')
    await refused(given.on, 1, /another process serves/, 'restore', '--from', given.beside('b.db'))
    // Not all of it is in the file itself.
    server.signal('SIGKILL')
    await server.ended
  }
  const printed = await done(given.on, 'restore', '--from', given.beside('b.db'))
  const kept = String(printed.kept)
  assert.match(basename(kept), /^test\.db\.\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ$/)
  assert.deepEqual(inFile(kept), ['p-old', 'p-new'])
  assert.equal(statSync(given.path).mode & 0o777, 0o600)
  assert.deepEqual(given.files().sort(), ['b.db', 'test.db', basename(kept)])
  {
    await using server = await given.start()
    assert.deepEqual(await names(server), ['p-old'])
    await create(server, 'p-after')
  }
  // And where there is none, or nothing but what SQLite had put beside one.
  rmSync(given.path)
  assert.ok(existsSync(`${given.path}-wal`))
  const fresh = await done(given.on, 'restore', '--from', given.beside('b.db'))
  assert.equal(fresh.kept, null)
  assert.deepEqual(inFile(given.path), ['p-old'])
})

test('what is no backup is restored nowhere, and no file is overwritten: each is said, and nothing is left of the attempt', async () => {
  await using given = await setUp()
  await using server = await given.start()
  await create(server, 'p-1')
  await done(given.on, 'backup', '--to', given.beside('b.db'))
  await refused(given.on, 1, /b\.db is there already/, 'backup', '--to', given.beside('b.db'))
  await refused(given.on, 2, /--to is missing/, 'backup')
  await refused(
    given.on,
    1,
    /there is no file .*none\.db/,
    'backup',
    '--to',
    given.beside('c.db'),
    '--database-url',
    `sqlite:${given.beside('none.db')}`,
  )
  await refused(
    given.on,
    1,
    /pg_dump/,
    'backup',
    '--to',
    given.beside('c.db'),
    '--database-url',
    'postgres://u@127.0.0.1/d',
  )
  server.signal('SIGTERM')
  await server.ended
  const before = readFileSync(given.path)
  const text = readFileSync(given.beside('b.db'))
  const damagedAt = (text.length >> 1) - ((text.length >> 1) % 4096)
  writeFileSync(
    given.beside('damaged.db'),
    Buffer.concat([text.subarray(0, damagedAt), Buffer.alloc(8192, 0x5a), text.subarray(damagedAt + 8192)]),
  )
  writeFileSync(given.beside('cut.db'), text.subarray(0, damagedAt))
  writeFileSync(given.beside('text.db'), 'no database at all, but long enough to have a header of one: '.repeat(20))
  {
    using other = new DatabaseSync(given.beside('other.db'))
    other.exec('create table t (a)')
    using later = new DatabaseSync(given.beside('later.db'))
    later.exec(
      "create table kysely_migration (name text); insert into kysely_migration values ('0001-init'), ('9999-x')",
    )
  }
  const restoring = (file: string, message: RegExp) =>
    refused(given.on, 1, message, 'restore', '--from', given.beside(file))
  await restoring('none.db', /there is no file/)
  await restoring('damaged.db', /damaged one/)
  await restoring('cut.db', /damaged one/)
  await restoring('text.db', /damaged one/)
  await restoring('other.db', /is not a Gatehouse database/)
  await restoring('later.db', /a later version/)
  await restoring('test.db', /is the database itself/)
  {
    using user = new DatabaseSync(given.path)
    user.exec('pragma journal_mode = wal; begin; select * from project')
    user.prepare('select * from project').all()
    await restoring('b.db', /in use by another program/)
  }
  const expected = ['b.db', 'cut.db', 'damaged.db', 'later.db', 'other.db', 'test.db', 'text.db']
  assert.deepEqual(given.files().sort(), expected)
  assert.equal(readFileSync(given.path).length, before.length)
  assert.deepEqual(inFile(given.path), ['p-1'])
})

test('a database that is damaged is put aside, and the backup takes its place', async () => {
  await using given = await setUp()
  {
    await using server = await given.start()
    await create(server, 'p-1')
    await done(given.on, 'backup', '--to', given.beside('b.db'))
    server.signal('SIGTERM')
    await server.ended
  }
  writeFileSync(given.path, 'what a disk makes of a database at times. '.repeat(500))
  const kept = String((await done(given.on, 'restore', '--from', given.beside('b.db'))).kept)
  assert.deepEqual(inFile(given.path), ['p-1'])
  assert.match(readFileSync(kept, 'utf8'), /^what a disk/)
})

test('kill -9 leaves no half backup under its name and no half database: the one before, or the restored one', async (t) => {
  await using given = await setUp()
  await enlarge(given, 4000)
  {
    await using server = await given.start()
    await create(server, 'p-old')
    const begun = performance.now()
    await done(given.on, 'backup', '--to', given.beside('b.db'))
    const whole = performance.now() - begun
    await create(server, 'p-new')
    for (let i = 0; i < 6; i++) {
      const to = given.beside(`k${i}.db`)
      await using backup = new Gatehouse(['backup', '--to', to], { env: given.env })
      await sleep(whole * (0.4 + 0.12 * i))
      backup.signal('SIGKILL')
      await backup.ended
      if (existsSync(to)) assert.deepEqual(inFile(to), ['p-old', 'p-new'])
    }
    server.signal('SIGTERM')
    await server.ended
  }
  const begun = performance.now()
  await done(given.on, 'restore', '--from', given.beside('b.db'))
  const whole = performance.now() - begun
  const outcomes: string[] = []
  for (let i = 0; i < 6; i++) {
    {
      await using server = await given.start()
      await create(server, `p-round-${i}`)
    }
    await using restoring = new Gatehouse(['restore', '--from', given.beside('b.db')], { env: given.env })
    await sleep(whole * (0.4 + 0.12 * i))
    restoring.signal('SIGKILL')
    await restoring.ended
    await using server = await given.start()
    server.signal('SIGTERM')
    assert.equal((await server.ended).code, 0)
    const found = inFile(given.path)
    const isRestored = !found.includes(`p-round-${i}`)
    outcomes.push(isRestored ? 'restored' : 'before')
    if (isRestored) assert.deepEqual(found, ['p-old'])
  }
  t.diagnostic(outcomes.join(' '))
})
