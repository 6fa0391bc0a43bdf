import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { posix } from 'node:path'
import { test } from 'node:test'
import { type Import, importsOf, program, read, root } from './imports.ts'

const { dependencies, peerDependenciesMeta: optional } = JSON.parse(read('package.json')) as Record<
  'dependencies' | 'peerDependenciesMeta',
  object
>

/** What each folder of src/ may import besides itself. `main.ts` starts, and `app.ts` puts everything together. */
const mayImport: Record<string, readonly string[]> = {
  // The words and bounds of policies: values without any code around them.
  contract: ['core/policy.ts'],
  core: [],
  config: ['core'],
  db: ['core'],
  ledger: ['core', 'db'],
  background: ['core', 'db', 'ledger'],
  listener: ['config', 'contract', 'core'],
  log: [],
  'sign-in': ['core', 'db'],
  admin: ['contract', 'core', 'db', 'sign-in'],
  api: ['admin', 'contract', 'core', 'db', 'sign-in'],
  console: ['contract', 'core', 'listener'],
  redis: ['core', 'db'],
  gateway: ['background', 'contract/error.ts', 'core', 'db', 'ledger', 'redis'],
  // Neither `admin` nor `api`: what a thread loads, each further one holds in memory once more.
  thread: ['config', 'contract', 'core', 'db', 'gateway', 'ledger', 'listener', 'log', 'redis'],
  webhooks: ['background', 'core', 'db'],
  machine: [
    'admin',
    'api',
    'config',
    'console',
    'contract',
    'core',
    'db',
    'gateway',
    'ledger',
    'listener',
    'log',
    'redis',
    'sign-in',
    'thread',
    'webhooks',
  ],
  cli: ['admin', 'config', 'contract', 'core', 'db', 'log', 'sign-in', 'app.ts'],
}

/** What a folder may import as types only: they are gone at run time. */
const mayImportTypes: Record<string, readonly string[]> = {
  contract: ['core'],
  ledger: ['config'],
  redis: ['config'],
  listener: ['db'],
  api: ['ledger'],
  gateway: ['config'],
  webhooks: ['config'],
}

/** Packages and Node's own modules that have one place in the program. */
const onlyIn: Record<string, string> = {
  '@aws-sdk/client-s3': 'gateway/files/bucket/',
  '@redis/client': 'redis/',
  fastify: 'api/server.ts',
  pg: 'db/',
  'node:sqlite': 'db/',
  undici: 'gateway/upstreams/',
}

/** Node's own modules that compute without touching anything outside: what a pure folder may use. */
const pure: Record<string, readonly string[]> = { contract: [], core: ['node:crypto', 'node:net', 'node:zlib'] }

/** The files that read a database's URL, and with that know that there are two kinds. */
const readDatabaseUrls = [
  'config/settings.ts',
  'config/database.ts',
  'config/workers.ts',
  'core/postgres-url.ts',
  'cli/command.ts',
]

/** Why a file of src/ may not import this; null where it may. */
function objection(file: string, found: Import): string | null {
  const { from, type } = found
  if (!from.startsWith('.')) return packageObjection(file, found)
  const to = posix.join(posix.dirname(file), from)
  if (to.startsWith('..')) return to === '../package.json' ? null : 'leaves src/'
  if (/\.test\.ts$/.test(to)) return 'imports a test'
  const [mine, theirs] = [folderOf(file), folderOf(to)]
  if (mine === theirs) return null
  if (theirs === 'cli') return file === 'main.ts' ? null : 'nobody but the entry imports the command line'
  if (mine === null) return null
  const allowed = [...(mayImport[mine] ?? []), ...(type ? (mayImportTypes[mine] ?? []) : [])]
  return allowed.includes(to) || (theirs !== null && allowed.includes(theirs)) ? null : `${mine}/ may not import ${to}`
}

function packageObjection(file: string, { from, type, isLate }: Import): string | null {
  const name = from.startsWith('node:') ? from : from.split('/', from.startsWith('@') ? 2 : 1).join('/')
  const place = onlyIn[name]
  if (place !== undefined) {
    if (place.endsWith('/') ? !file.startsWith(place) : file !== place) return `only ${place} imports ${name}`
  }
  if (isBuiltin(name)) {
    const allowed = pure[folderOf(file) ?? '']
    return allowed && !allowed.includes(name) ? `${folderOf(file)}/ is pure and may not import ${name}` : null
  }
  // What is optional is loaded where it is needed: a start without it would fail everywhere.
  if (type || name in dependencies || (isLate && name in optional)) return null
  return `${name} is no dependency of the installed program`
}

const folderOf = (file: string) => (file.includes('/') ? (file.split('/')[0] ?? null) : null)

test('every folder of src/ has its place in the order of imports', () => {
  const folders = new Set(program.map(folderOf).filter((folder) => folder !== null))
  assert.deepEqual([...folders].sort(), Object.keys(mayImport).sort())
})

test('imports point one way, and each package has its one place', () => {
  const objections = program.flatMap((file) =>
    importsOf(read(`src/${file}`)).flatMap((found) => {
      const why = objection(file, found)
      return why === null ? [] : [`src/${file}: '${found.from}': ${why}`]
    }),
  )
  assert.deepEqual(objections, [])
})

test('only db/, and the files that read its URL, know that there are two kinds of database', () => {
  const known = program.filter((file) => {
    const code = read(`src/${file}`).replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
    return !file.startsWith('db/') && /sqlite|postgres/i.test(code)
  })
  assert.deepEqual(known.sort(), [...readDatabaseUrls].sort())
})

test('core/ asks neither the clock, nor the environment, nor chance unless it makes secrets or ids', () => {
  const asking = program
    .filter((file) => /^(core|contract)\//.test(file))
    .filter((file) =>
      /\bDate\.now|\bnew Date\(\)|performance\.now|process\.|Math\.random|fetch\(/.test(read(`src/${file}`)),
    )
  assert.deepEqual(asking, [])
})

test('a thread that serves loads nothing of what there is once on a machine: each holds what it loads in memory', () => {
  const loaded = new Set<string>()
  const load = (file: string) => {
    if (loaded.has(file)) return
    loaded.add(file)
    // What is imported in the middle of something is loaded by who needs it.
    const whole = read(`src/${file}`).replace(/import\('[^']+'\)/g, '')
    for (const { from, type } of importsOf(whole)) {
      if (!type && from.startsWith('.')) load(posix.join(posix.dirname(file), from))
    }
  }
  load('thread/run.ts')
  assert.ok(loaded.has('gateway/pipeline.ts'))
  assert.deepEqual(
    [...loaded].filter((file) => /^(admin|api|machine|cli)\/|^db\/migrat|^ledger\/open/.test(file)),
    [],
  )
})

test('nothing but tests and benchmarks imports from test/', () => {
  const files = globSync(['src/**/*.ts'], { cwd: root }).filter((file) => !file.endsWith('.test.ts'))
  const importing = files.filter((file) => importsOf(read(file)).some(({ from }) => /^(\.\.\/)+test\//.test(from)))
  assert.deepEqual(importing, [])
})

test('the rules refuse what they are there to refuse, however it is written', () => {
  const refused: [file: string, source: string][] = [
    ['contract/users.ts', "import { permits } from '../core/permission.ts'"],
    ['contract/users.ts', "import type { Db } from '../db/tables.ts'"],
    ['contract/users.ts', "import { readFileSync } from 'node:fs'"],
    ['contract/users.ts', "import { Type } from 'typebox'"],
    ['core/id.ts', "import type { Db } from '../db/tables.ts'"],
    ['core/id.ts', "const { readFile } = await import('node:fs/promises')"],
    ['db/open.ts', "import { ApiError } from '../contract/error.ts'"],
    ['admin/users.ts', "import {\n  admit,\n  type Session,\n} from '../api/admit.ts'"],
    ['admin/users.ts', "import pg from 'pg'"],
    ['api/admit.ts', "import { Grants } from '../gateway/keys/grants.ts'"],
    ['api/admit.ts', "export type { FastifyRequest } from 'fastify'"],
    ['gateway/echo/text.ts', "import { contract } from '../../contract/index.ts'"],
    ['gateway/server.ts', "const { users } = await import('../admin/users.ts')"],
    ['gateway/server.ts', "type Server = import('../api/server.ts').AdminServer"],
    ['gateway/server.ts', "import { readConfig } from '../config/settings.ts'"],
    ['gateway/files/bucket/objects.ts', "import { S3Client } from '@aws-sdk/client-s3'"],
    ['app.ts', "import { run } from './cli/index.ts'"],
    ['app.ts', "import '../test/support/harness.ts'"],
    ['app.ts', "const { DatabaseSync } = require('node:sqlite')"],
    ['app.ts', "import OpenAI from 'openai'"],
  ]
  const passed = refused.filter(([file, source]) => importsOf(source).every((found) => objection(file, found) === null))
  assert.deepEqual(passed, [])
})
