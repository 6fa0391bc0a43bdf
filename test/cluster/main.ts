/*
 * What `npm run test:cluster` runs: the tests of several processes, and then the gate's own tests once more with each further way to
 * serve and to count: two threads, and PostgreSQL with a Redis. `npm run test:cluster -- nodes` runs the first alone; the other parts
 * have their names below. It says how long each part took.
 */
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { startRedis, withoutRedis } from '../support/redis.ts'
import { openRun, type RunOptions } from '../support/run-files.ts'

const filesOf = (pattern: string) =>
  globSync(pattern, { cwd: join(import.meta.dirname, '../..') }).map((file) => file.replaceAll('\\', '/'))

type Part = { files: string; options: RunOptions; skip?: string | false }

const gates = 'test/gateway/*.test.ts'
await using redis = withoutRedis ? null : await startRedis()
const parts: Record<string, Part> = {
  // Nodes that are killed are timed: one file at a time.
  nodes: { files: 'test/cluster/*.test.ts', options: { concurrency: 1 } },
  threads: { files: gates, options: { env: { GATEHOUSE_TEST_WORKERS: '2', TEST_MOMENTS: '200' } } },
  redis: {
    files: gates,
    options: { env: { TEST_DATABASE: 'postgres', TEST_REDIS_URL: redis?.url ?? '' } },
    skip: withoutRedis,
  },
}

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !Object.hasOwn(parts, name))
if (unknown.length > 0) {
  process.stderr.write(`No part is called '${unknown.join("' or '")}'. The parts: ${Object.keys(parts).join(', ')}.\n`)
  process.exitCode = 1
} else {
  await using run = await openRun()
  for (const [name, { files, options, skip = false }] of Object.entries(parts)) {
    if (asked.length > 0 && !asked.includes(name)) continue
    process.stdout.write(`== ${name}${skip ? `: skipped, ${skip}` : ''}\n`)
    if (skip) continue
    const begun = performance.now()
    await run.files(filesOf(files), options)
    process.stdout.write(`== ${name}: took ${Math.round((performance.now() - begun) / 1000)} s\n`)
  }
}
