import { rmSync } from 'node:fs'
import { chmod, mkdtemp, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { longestFirst } from './longest.ts'
import { SHARED_POSTGRES, sharePostgres } from './shared-postgres.ts'

const root = join(import.meta.dirname, '../..')
const CONCURRENCY = 2
/** Of one test, and of one file. */
const TIMEOUT_MS = 180_000
/** What is free in a file system in memory must be more than any run writes. */
const ROOM_BYTES = 4 * 2 ** 30

export type RunOptions = {
  /** Files that run at once. */
  concurrency?: number
  /** What the files find in their environment besides this process's. */
  env?: Record<string, string>
}

/** One run of test files; the process's exit code is 1 where one of them failed. Disposing ends what they shared. */
export type Run = AsyncDisposable & { files: (files: readonly string[], options?: RunOptions) => Promise<void> }

/**
 * Opens a run. The files run as under `node --test`, a process for each. This adds what the files of one run share: one
 * PostgreSQL, one folder for what they write, and the compiled sources, which every process would compile again for itself.
 */
export async function openRun(): Promise<Run> {
  const folder = await mkdtemp(join((await inMemory()) ?? tmpdir(), 'gatehouse-run-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }))
  // PostgreSQL may run as a user of its own, who must get to its folder in this one.
  await chmod(folder, 0o755)
  process.env.TMPDIR = folder
  process.env.NODE_COMPILE_CACHE ??= join(root, 'node_modules/.cache/node-compile')
  const postgres = await sharePostgres()
  process.env[SHARED_POSTGRES] = postgres.url
  const stopped = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.abort())
  let failed = false
  // At the very end: what ends PostgreSQL with this process ends it with an exit code of its own, 0.
  process.once('exit', () => {
    if (failed) process.exitCode = 1
  })
  return {
    async files(files, { concurrency = CONCURRENCY, env = {} } = {}) {
      const events = run({
        files: longestFirst(files),
        cwd: root,
        concurrency,
        timeout: TIMEOUT_MS,
        signal: stopped.signal,
        env: { ...process.env, ...env },
      })
      events.on('test:fail', ({ todo }) => {
        if (todo === undefined || todo === false) failed = true
      })
      for await (const text of events.compose(spec)) process.stdout.write(text)
    },
    [Symbol.asyncDispose]: () => postgres[Symbol.asyncDispose](),
  }
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
