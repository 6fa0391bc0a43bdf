import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { gatehouse } from '../process/gatehouse.ts'
import { openTestDatabase, type TestDatabase } from '../support/databases.ts'
import { cli, done, refused } from './run.ts'

describe('a command line that cannot be understood ends with exit code 2 and says how it is meant', () => {
  let database: TestDatabase
  let on: { databaseUrl: string }
  let owner: string
  before(async () => {
    database = await openTestDatabase('sqlite')
    on = { databaseUrl: database.url }
    owner = (await done(on, 'org', 'create', '--name', 'Only', '--owner-email', 'owner@example.com')).owner.id
  })
  after(() => database[Symbol.asyncDispose]())

  test('an unknown command is named, and the known ones are listed', async () => {
    for (const words of [['destroy'], ['user', 'destroy'], ['admin-key'], ['constructor'], ['toString']]) {
      await refused(on, 2, /there is no command '[\s\S]*gatehouse admin-key create/, ...words)
    }
  })

  test('an unknown flag, a flag without its value and a word too many are named together with the usage', async () => {
    const usage = 'usage: gatehouse admin-key create --user'
    const create = ['admin-key', 'create', '--user', owner]
    await refused(on, 2, new RegExp(`'--colour'[\\s\\S]*${usage}`), ...create, '--colour', 'red')
    await refused(on, 2, new RegExp(`--name[\\s\\S]*${usage}`), ...create, '--name')
    await refused(on, 2, new RegExp(`[\\s\\S]*${usage}`), ...create, 'word')
    await refused(on, 2, /usage: gatehouse invite link ID/, 'invite', 'link')
    await refused(on, 2, /usage: gatehouse invite accept TOKEN/, 'invite', 'accept', '--name', 'Nobody')
  })

  test('a missing flag is named', async () => {
    const missing: [flag: string, args: string[]][] = [
      ['owner-email', ['org', 'create', '--name', 'Other']],
      ['name', ['org', 'create', '--owner-email', 'a@example.com']],
      ['email', ['user', 'create', '--name', 'A', '--role', 'owner']],
      ['role', ['user', 'create', '--name', 'A', '--email', 'a@example.com']],
      ['user', ['admin-key', 'create']],
      ['project', ['project-key', 'create', '--user', owner, '--name', 'k']],
      ['name', ['invite', 'accept', 'token']],
    ]
    for (const [flag, args] of missing) await refused(on, 2, new RegExp(`--${flag} is missing`), ...args)
  })

  test('a value that the flag cannot have is named with what it can be', async () => {
    const create = ['admin-key', 'create', '--user', owner]
    for (const lifetime of ['0', '1.5', '1e3', '31536001', '']) {
      await refused(on, 2, /--expires-in-seconds.*from 1 to 31536000/, ...create, '--expires-in-seconds', lifetime)
    }
    const role = ['user', 'create', '--email', 'a@example.com', '--name', 'A', '--role', 'admin']
    await refused(on, 2, /'admin' is neither owner nor reader/, ...role)
  })

  test('--scopes without a scope is refused: it must not pass for all of them', async () => {
    for (const scopes of ['', ' , ']) {
      await refused(on, 2, /--scopes/, 'admin-key', 'create', '--user', owner, '--scopes', scopes)
    }
  })

  test('wrong settings are named, all of them', async () => {
    const env = { GATEHOUSE_DATABASE_URL: 'mysql://x', GATEHOUSE_PORT: 'http', GATEHOUSE_DATABSE_URL: 'sqlite:x' }
    const { code, stdout, stderr } = await gatehouse(['migrate'], { env })
    assert.deepEqual([code, stdout], [2, ''])
    for (const name of Object.keys(env)) assert.match(stderr, new RegExp(`${name}: `))
  })

  test('a database in memory is no database to work on', async () => {
    await refused({ databaseUrl: 'sqlite::memory:' }, 2, /in memory/, 'migrate')
  })

  test('help is asked for in three ways and told on standard output', async () => {
    const [plain, ...others] = await Promise.all([[], ['help'], ['--help']].map((args) => gatehouse(args)))
    for (const { code, stdout, stderr } of [plain, ...others].filter((one) => one !== undefined)) {
      assert.deepEqual([code, stdout, stderr], [0, plain?.stdout, ''])
    }
    for (const said of ['serve', 'migrate', 'invite accept', '--database-url', '--json', '--org']) {
      assert.ok(plain?.stdout.includes(said), said)
    }
  })

  test('without --json a command says in words what it did, and shows a secret once', async () => {
    const key = await cli(on, 'admin-key', 'create', '--user', owner)
    assert.equal(key.code, 0)
    assert.match(key.stdout, /^Admin key key_\S+ of Owner\. The secret, shown this once:\n\n {2}sk-admin-\S+\n/)
    const migrated = await cli(on, 'migrate')
    assert.match(migrated.stdout, /^The schema is at \d{4}-\S+\.\n$/)
  })

  test('a flag for a setting wins over the environment', async () => {
    await using other = await openTestDatabase('sqlite')
    const { stdout } = await cli(
      on,
      'org',
      'create',
      '--name',
      'X',
      '--owner-email',
      'x@example.com',
      '--database-url',
      other.url,
    )
    assert.match(stdout, /^Organization org-/)
    assert.ok(existsSync(other.url.slice('sqlite:'.length)))
    assert.equal(
      (await cli(on, 'admin-key', 'create', '--user', owner)).code,
      0,
      'the first still has one organization',
    )
  })
})
