/*
 * What `npm test` runs: `npm test` every test file, `npm test -- gateway limits` those whose path holds one of the words.
 * The tests run as under `node --test`, a process for each file. This adds what the files of one run share: one PostgreSQL,
 * one folder for what they write, and the compiled sources, which every process would compile again for itself.
 */
import { globSync, rmSync } from 'node:fs'
import { chmod, mkdtemp, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { longestFirst } from './support/longest.ts'
import { SHARED_POSTGRES, sharePostgres } from './support/shared-postgres.ts'

const root = join(import.meta.dirname, '..')
const CONCURRENCY = 2
/** Of one test, and of one file. */
const TIMEOUT_MS = 180_000
/** What is free in a file system in memory must be more than any run writes. */
const ROOM_BYTES = 4 * 2 ** 30

const words = process.argv.slice(2)
const all = globSync(['src/**/*.test.ts', 'test/**/*.test.ts'], { cwd: root, exclude: ['**/node_modules/**'] }).map(
  (file) => file.replaceAll('\\', '/'),
)
const strange = words.filter((word) => !all.some((file) => file.includes(word)))
const files = words.length === 0 ? all : all.filter((file) => words.some((word) => file.includes(word)))

if (strange.length > 0) {
  process.stderr.write(`No test file has '${strange.join("' or '")}' in its path.\n`)
  process.exitCode = 1
} else {
  await runFiles(longestFirst(files))
}

async function runFiles(files: readonly string[]): Promise<void> {
  const folder = await mkdtemp(join((await inMemory()) ?? tmpdir(), 'gatehouse-run-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }))
  // PostgreSQL may run as a user of its own, who must get to its folder in this one.
  await chmod(folder, 0o755)
  process.env.TMPDIR = folder
  process.env.NODE_COMPILE_CACHE ??= join(root, 'node_modules/.cache/node-compile')
  await using postgres = await sharePostgres()
  process.env[SHARED_POSTGRES] = postgres.url

  const stopped = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.abort())
  const events = run({
    files: [...files],
    cwd: root,
    concurrency: CONCURRENCY,
    timeout: TIMEOUT_MS,
    signal: stopped.signal,
  })
  let failed = false
  events.on('test:fail', ({ todo }) => {
    if (todo === undefined || todo === false) failed = true
  })
  // At the very end: what ends PostgreSQL with this process ends it with an exit code of its own, 0.
  process.once('exit', () => {
    if (failed) process.exitCode = 1
  })
  const report = events.compose(spec)
  for await (const text of report) process.stdout.write(text)
}

/** A folder in memory, where there is one with enough room: a commit waits for no disk there. */
async function inMemory(): Promise<string | null> {
  try {
    const { bavail, bsize } = await statfs('/dev/shm')
    return bavail * bsize > ROOM_BYTES ? '/dev/shm' : null
  } catch {
    return null
  }
}
