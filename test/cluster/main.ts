/*
 * What `npm run test:cluster` runs: the tests of several processes, and then those of the gate's own tests that ask of more than one call
 * once more with each further way to serve and to count: two threads on SQLite, and PostgreSQL with a Redis. `npm run test:cluster -- nodes`
 * runs one part alone; the others have their names below. A part that fails keeps none from being run. It says how long each part took, and
 * at the end what failed.
 */
import { existsSync, globSync } from 'node:fs'
import { join } from 'node:path'
import { concerned } from '../support/concerned.ts'
import { startRedis, withoutRedis } from '../support/redis.ts'
import { openRun } from '../support/run-files.ts'
import { ofOneCall, ofOneKind } from './asked-once.ts'

const root = join(import.meta.dirname, '../..')
const filesOf = (pattern: string) => globSync(pattern, { cwd: root }).map((file) => file.replaceAll('\\', '/'))

type Part = {
  files: string
  concurrency: number
  /** Variables that `npm test` does not set; where there are some, files that none of them reaches are the same there, and left to it. */
  own?: readonly string[]
  env?: Record<string, string>
  skip?: string | false
}

/** Those in `redis/` bring a Redis of their own, in `npm test`. */
const gates = 'test/gateway/{,check/,messages/,owned/,upstreams/}*.test.ts'
await using redis = withoutRedis ? null : await startRedis()
const parts: Record<string, Part> = {
  // Thousands of calls at once, and how fast a revocation is told: beside others a Redis that has no processor to answer on is away.
  alone: { files: 'test/cluster/{exact,revoked}.test.ts', concurrency: 1 },
  // What is away is so for four seconds, and six more are looked at: half of that waits. Three at once would need more than two cores.
  nodes: { files: 'test/cluster/!(exact|revoked).test.ts', concurrency: 2 },
  threads: {
    files: gates,
    concurrency: 4,
    own: ['GATEHOUSE_TEST_WORKERS', 'TEST_MOMENTS'],
    // Not which database, here and below: `npm test` asks each of both, and threads on PostgreSQL are asked in `threads/`.
    env: { TEST_DATABASE: 'sqlite', GATEHOUSE_TEST_WORKERS: '2', TEST_MOMENTS: '200' },
  },
  redis: {
    files: gates,
    concurrency: 5,
    own: ['TEST_REDIS_URL'],
    env: { TEST_DATABASE: 'postgres', TEST_REDIS_URL: redis?.url ?? '' },
    skip: withoutRedis,
  },
}

const once = new Set([...ofOneCall, ...ofOneKind])
const gone = [...once].filter((file) => !existsSync(join(root, file)))
if (gone.length > 0) throw new Error(`test/cluster/asked-once.ts names what is not there: ${gone.join(', ')}`)

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !Object.hasOwn(parts, name))
if (unknown.length > 0) {
  process.stderr.write(`No part is called '${unknown.join("' or '")}'. The parts: ${Object.keys(parts).join(', ')}.\n`)
  process.exitCode = 1
} else {
  await using run = await openRun()
  for (const [part, { files, concurrency, own, env, skip = false }] of Object.entries(parts)) {
    if (asked.length > 0 && !asked.includes(part)) continue
    process.stdout.write(`== ${part}${skip ? `: skipped, ${skip}` : ''}\n`)
    if (skip) continue
    const all = filesOf(files).filter((file) => !once.has(file))
    const begun = performance.now()
    await run.files(own ? concerned(all, own, root) : all, { part, concurrency, ...(env && { env }) })
    process.stdout.write(`== ${part}: took ${Math.round((performance.now() - begun) / 1000)} s\n`)
  }
}
