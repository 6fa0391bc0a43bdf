import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { startPostgres } from '../support/postgres.ts'
import { endsWithin, Gatehouse, gatehouse, type Server, serve, until } from './gatehouse.ts'

/** An empty place to start in: the settings' defaults put the database below it. */
let root: string
let places = 0
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'gatehouse-process-'))
})
after(() => rm(root, { recursive: true, force: true, maxRetries: 3 }))
function place(): string {
  const folder = join(root, `${places++}`)
  mkdirSync(folder)
  return folder
}

const OWN_KEY = 'sk-admin-chosen_by_the_operator_0123456789abcdef'
const keyIn = (text: string) => /sk-admin-[\w-]+/.exec(text)?.[0] ?? ''
const curlIn = (text: string) => /^ {2}(curl .*)$/m.exec(text)?.[1] ?? ''
const hasCurl = () => {
  try {
    return execFileSync('curl', ['--version']).length > 0
  } catch {
    return false
  }
}

/** Stops a server as an operator does, and waits for its end. */
async function stop(server: Gatehouse) {
  server.signal('SIGTERM')
  const { code, signal } = await endsWithin(server, 10_000)
  assert.deepEqual({ code, signal }, { code: 0, signal: null })
}

/** What each start prints until the first owner has a password, where the console is built. */
const passwordLink =
  /^\nGatehouse is ready on \S+ Set the first owner's password here, [^\n]+\n\n {2}\S+\/sign-in\/link#\S+\n+$/

const projects = (server: Server, key: string) =>
  fetch(`${server.url}/v1/organization/projects`, { headers: { authorization: `Bearer ${key}` } })

test('the first start prints the first admin key with a line that tries it; no later start prints it again', async (t) => {
  const cwd = place()
  await using first = await serve({ cwd })
  await until(() => first.stdout.includes('curl'), 'the welcome is printed')
  const key = keyIn(first.stdout)
  assert.equal((await projects(first, key)).status, 200)
  if (hasCurl()) {
    const answer = JSON.parse(
      execFileSync('sh', ['-c', `${curlIn(first.stdout)} --silent --fail`], { encoding: 'utf8' }),
    )
    assert.deepEqual([answer.object, answer.data[0].name], ['list', 'Default project'])
  } else t.diagnostic('there is no curl here, so the line with curl was not run')
  assert.ok(!first.stderr.includes(key), 'the log does not have the key')
  await stop(first)

  await using second = await serve({ cwd })
  assert.equal((await projects(second, key)).status, 200)
  await stop(second)
  assert.equal(second.stdout.replace(passwordLink, ''), '')
  assert.doesNotMatch(second.stderr, /sk-admin-/)
})

test('on an empty database GATEHOUSE_ADMIN_KEY becomes the first key, and is not printed', async (t) => {
  const env = { GATEHOUSE_ADMIN_KEY: OWN_KEY }
  await using server = await serve({ cwd: place(), env })
  await until(() => server.stdout.includes('curl'), 'the welcome is printed')
  assert.equal((await projects(server, OWN_KEY)).status, 200)
  if (hasCurl()) {
    const line = `${curlIn(server.stdout)} --silent --fail`
    assert.match(execFileSync('sh', ['-c', line], { encoding: 'utf8', env: { ...process.env, ...env } }), /"list"/)
  } else t.diagnostic('there is no curl here, so the line with curl was not run')
  await stop(server)
  assert.doesNotMatch(server.stdout + server.stderr, /sk-admin-/)
})

test('on a database with an organization GATEHOUSE_ADMIN_KEY changes nothing, and one line says when it is no key', async () => {
  const cwd = place()
  await using first = await serve({ cwd, env: { GATEHOUSE_ADMIN_KEY: OWN_KEY } })
  await stop(first)
  const other = OWN_KEY.replace('chosen', 'chosen_later')
  await using second = await serve({ cwd, env: { GATEHOUSE_ADMIN_KEY: other } })
  assert.equal((await projects(second, other)).status, 401)
  assert.equal((await projects(second, OWN_KEY)).status, 200)
  const keys = await fetch(`${second.url}/v1/organization/admin_api_keys`, {
    headers: { authorization: `Bearer ${OWN_KEY}` },
  })
  const { data } = (await keys.json()) as { data: { id: string }[] }
  assert.equal(data.length, 1)
  await stop(second)
  const complaints = (server: Gatehouse) => server.log.filter(({ msg }) => /GATEHOUSE_ADMIN_KEY/.test(String(msg)))
  assert.equal(complaints(second).length, 1)
  assert.equal(second.stdout.replace(passwordLink, ''), '')
  assert.ok(!second.stderr.includes(other))

  await using third = await serve({ cwd, env: { GATEHOUSE_ADMIN_KEY: OWN_KEY } })
  await stop(third)
  assert.deepEqual([complaints(third), third.stdout.replace(passwordLink, '')], [[], ''])

  await using fourth = await serve({ cwd, env: { GATEHOUSE_ADMIN_KEY: OWN_KEY } })
  const post = async (path: string, key: string, body: object) => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    const url = `${fourth.url}/v1/organization/admin_api_keys${path}`
    const reply = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
    assert.equal(reply.status, 200)
    return (await reply.json()) as { value: string }
  }
  await post(`/${data[0]?.id}`, (await post('', OWN_KEY, { name: 'another' })).value, { disabled: true })
  await stop(fourth)
  await using fifth = await serve({ cwd, env: { GATEHOUSE_ADMIN_KEY: OWN_KEY } })
  await stop(fifth)
  assert.equal(complaints(fifth).length, 1, 'a disabled key does not work')
})

test('wrong settings stop the start with exit code 2, one message that names them all, and nothing made', async () => {
  const cwd = place()
  const env = {
    GATEHOUSE_PORT: '80a',
    GATEHOUSE_DATABASE_URL: 'mysql://root:hunter2@db/x',
    GATEHOUSE_ADMIN_KEY: 'sk-admin-short',
    GATEHOUSE_UPSTREAM_URL: 'models.internal',
    GATEHOUSE_TRUSTED_PROXIES: '10.0.0.0/33',
    GATEHOUSE_LOG_LEVEL: 'loud',
    GATEHOUSE_REDIS_URL: 'http://:hunter2@localhost',
    GATEHOUSE_UPSTREAM: 'a typo',
  }
  const { code, stdout, stderr } = await gatehouse(['serve', '--only', 'admin,front', '--public-url', 'x'], {
    cwd,
    env,
  })
  assert.deepEqual([code, stdout], [2, ''])
  for (const name of [...Object.keys(env), '--only', '--public-url'])
    assert.match(stderr, new RegExp(`^ {2}- ${name}: `, 'm'))
  assert.equal(stderr.match(/^ {2}- /gm)?.length, Object.keys(env).length + 2)
  assert.doesNotMatch(stderr, /hunter2|sk-admin-short/, 'a secret in the wrong place is not repeated')
  assert.ok(!existsSync(join(cwd, 'data')))
})

test('a pod starts beside a service of its own name, and says once what it takes no notice of', async () => {
  const env = {
    GATEHOUSE_PORT: 'tcp://10.0.0.1:8080',
    GATEHOUSE_SERVICE_HOST: '10.0.0.1',
    GATEHOUSE_SERVICE_PORT: '8080',
    GATEHOUSE_PORT_8080_TCP_ADDR: '10.0.0.1',
  }
  await using server = await serve({ cwd: place(), env }, ['--port', '0'])
  const lines = server.log.filter(({ ignored }) => ignored !== undefined)
  assert.deepEqual(
    lines.map(({ ignored }) => ignored),
    [Object.keys(env)],
  )
  await stop(server)
})

test('a port in use stops the start with a sentence and exit code 1, and the first key is not lost by it', async () => {
  const cwd = place()
  await using taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  const { port } = taken.address() as { port: number }
  // A model server that is asked for its list when the start fails has done nothing wrong.
  const env = { GATEHOUSE_UPSTREAM_URL: `http://127.0.0.1:${port}/v1`, GATEHOUSE_LOG_LEVEL: 'warn' }
  const failed = await gatehouse(['serve', '--port', String(port)], { cwd, env })
  assert.equal(failed.code, 1)
  assert.match(failed.stderr, /^gatehouse: [^\n]+\n$/)
  assert.match(failed.stderr, new RegExp(`^gatehouse: .*address already in use.*${port}`, 'm'))
  assert.doesNotMatch(failed.stderr, /\n {4}at /)

  await using server = await serve({ cwd })
  const key = () => keyIn(failed.stdout + server.stdout)
  await until(() => key() !== '', 'one of the two starts has printed the first key')
  assert.equal((await projects(server, key())).status, 200)
  await stop(server)
})

test('the database is readable by its owner alone, wherever it is put', async () => {
  const cwd = place()
  await using server = await serve({ cwd })
  const modeOf = (path: string) => (statSync(join(cwd, path)).mode & 0o777).toString(8)
  assert.equal(modeOf('data'), '700')
  for (const file of ['gatehouse.db', 'gatehouse.db-wal', 'gatehouse.db-shm'])
    assert.equal(modeOf(`data/${file}`), '600')
  await stop(server)

  // In a folder that was there before, others may look around.
  await using beside = await serve({ cwd, env: { GATEHOUSE_DATABASE_URL: 'sqlite:here.db' } })
  for (const file of ['here.db', 'here.db-wal']) assert.equal(modeOf(file), '600')
  await stop(beside)
})

test('a place where no database can be is told in one sentence with exit code 1', async () => {
  const cwd = place()
  await writeFile(join(cwd, 'file'), 'x'.repeat(5000))
  const impossible: [url: string, says: RegExp][] = [
    ['sqlite:file', /not a database/],
    ['sqlite:file/below/x.db', /ENOTDIR|not a directory/],
    [`sqlite:${cwd}`, /EISDIR|directory|unable to open/],
    ['postgres://someone:hunter2@127.0.0.1:1/none', /ECONNREFUSED/],
  ]
  for (const [url, says] of impossible) {
    await using server = new Gatehouse(['serve', '--port', '0'], { cwd, env: { GATEHOUSE_DATABASE_URL: url } })
    const { code, stdout, stderr } = await endsWithin(server, 30_000)
    assert.deepEqual([code, stdout], [1, ''], url)
    assert.match(stderr, /^gatehouse: .+\n$/)
    assert.match(stderr, says)
    assert.doesNotMatch(stderr, /hunter2/)
  }
})

test('a second process does not serve a SQLite file that is served, under whatever name, and commands go on beside it', async () => {
  const cwd = place()
  await using first = await serve({ cwd })
  symlinkSync(join(cwd, 'data'), join(cwd, 'folder'))
  symlinkSync(join(cwd, 'data/gatehouse.db'), join(cwd, 'link.db'))
  for (const path of ['data/gatehouse.db', './data/../data/gatehouse.db', 'folder/gatehouse.db', 'link.db']) {
    await using second = new Gatehouse(['serve', '--port', '0'], {
      cwd,
      env: { GATEHOUSE_DATABASE_URL: `sqlite:${path}` },
    })
    const { code, stdout, stderr } = await endsWithin(second, 30_000)
    assert.deepEqual([code, stdout], [1, ''], path)
    assert.match(stderr, /^gatehouse: another process serves [^\n]+\n$/)
    assert.ok(stderr.includes(path))
  }
  for (const args of [['migrate'], ['admin-key', 'create', '--user', 'owner@localhost']]) {
    assert.equal((await gatehouse(args, { cwd })).code, 0)
  }
  assert.equal((await fetch(`${first.url}/readyz`)).status, 200)
  // However it ends, the next one may serve.
  first.signal('SIGKILL')
  await first.ended
  await using next = await serve({ cwd })
  await using beside = await serve({ cwd, env: { GATEHOUSE_DATABASE_URL: 'sqlite:data/other.db' } })
  await stop(next)
  await using last = await serve({ cwd })
  await stop(last)
  await stop(beside)
})

test('a file that is damaged or of another program is named in one line, and nothing is written into it', async () => {
  const cwd = place()
  await using first = await serve({ cwd })
  await stop(first)
  const damaged = readFileSync(join(cwd, 'data/gatehouse.db'))
  damaged.fill('x', 4096)
  await writeFile(join(cwd, 'damaged.db'), damaged)
  await writeFile(join(cwd, 'text.db'), 'hello')
  const statements = {
    'tables.db': 'create table theirs (id integer)',
    'view.db': 'create view theirs as select 1',
    'migrations.db':
      "create table kysely_migration (name text, timestamp text); insert into kysely_migration values ('2020-a', '2020-01-01')",
  }
  for (const [name, text] of Object.entries(statements)) {
    using db = new DatabaseSync(join(cwd, name))
    db.exec(text)
  }
  for (const name of ['damaged.db', 'text.db', ...Object.keys(statements)]) {
    for (const args of [['serve', '--port', '0'], ['migrate']]) {
      const { code, stdout, stderr } = await gatehouse(args, { cwd, env: { GATEHOUSE_DATABASE_URL: `sqlite:${name}` } })
      assert.deepEqual([code, stdout], [1, ''], name)
      assert.match(stderr, new RegExp(`^gatehouse: ${name} is not a Gatehouse database.*\n$`))
    }
  }
  using tables = new DatabaseSync(join(cwd, 'tables.db'))
  assert.deepEqual(
    tables
      .prepare('select name from sqlite_master')
      .all()
      .map(({ name }) => name),
    ['theirs'],
  )
})

test('a PostgreSQL that refuses the user, the password, the database or the tables is told in one line', async () => {
  await using postgres = await startPostgres()
  const { host } = new URL(postgres.url)
  await postgres.run("create role guest login password 'hunter2'")
  await postgres.run('create database strict')
  const refusals: [url: string, says: RegExp][] = [
    [`postgres://postgres:hunter3@${host}/postgres`, /password authentication failed for user "postgres"/],
    [`postgres://nobody:hunter3@${host}/postgres`, /nobody/],
    [`postgres://postgres@${host}/postgres`, /password/],
    [`postgres://postgres:postgres@${host}/nowhere`, /database "nowhere" does not exist/],
    [`postgres://guest:hunter2@${host}/strict`, /permission denied/],
  ]
  for (const [url, says] of refusals) {
    for (const args of [['serve', '--port', '0'], ['migrate']]) {
      const { code, stdout, stderr } = await gatehouse(args, { env: { GATEHOUSE_DATABASE_URL: url } })
      assert.deepEqual([code, stdout], [1, ''], url)
      assert.match(stderr, /^gatehouse: the database .+\n$/)
      assert.match(stderr, says)
      assert.doesNotMatch(stderr, /hunter|:postgres@/)
    }
  }
})

test('a database that a later version has changed is served where that only added to it, and else left alone', async () => {
  const cwd = place()
  await using first = await serve({ cwd })
  await stop(first)
  using db = new DatabaseSync(join(cwd, 'data/gatehouse.db'))
  db.exec("insert into kysely_migration (name, timestamp) values ('9999-of-the-future', '2100-01-01')")
  await using second = await serve({ cwd })
  await stop(second)
  db.exec("update meta set value = '9999-of-the-future' where key = 'oldest_schema'")
  for (const args of [['serve', '--port', '0'], ['migrate']]) {
    const { code, stdout, stderr } = await gatehouse(args, { cwd })
    assert.deepEqual([code, stdout], [1, ''])
    assert.match(stderr, /^gatehouse: .*later version.*\n$/)
  }
})

const asRoot = process.getuid?.() === 0
test('a folder that may not be written to is told like that', {
  skip: asRoot && 'root may write anywhere',
}, async () => {
  const cwd = place()
  mkdirSync(join(cwd, 'locked'), { mode: 0o500 })
  for (const path of ['locked/x.db', 'locked/below/x.db']) {
    const { code, stderr } = await gatehouse(['serve'], { cwd, env: { GATEHOUSE_DATABASE_URL: `sqlite:${path}` } })
    assert.equal(code, 1)
    assert.match(stderr, /^gatehouse: .*(EACCES|permission denied).*\n$/)
  }
})
