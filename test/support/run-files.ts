import { rmSync } from 'node:fs'
import { chmod, mkdtemp, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { Failed } from './failed.ts'
import { longestFirst } from './longest.ts'
import { SHARED_DATABASES, shareDatabases } from './shared-databases.ts'

const root = join(import.meta.dirname, '../..')
/** Twice the cores that this is meant for: much of what is tested waits, for a time-out or another process. */
const CONCURRENCY = 4
/** What each file's process begins with: no test follows promises, and what lives for a call only is dropped without being copied around. */
const PROCESS = [
  `--import=${new URL('./untracked-promises.ts', import.meta.url).href}`,
  '--min-semi-space-size=16',
  '--max-semi-space-size=64',
]
/** Of one test, and of one file. */
const TIMEOUT_MS = 300_000
/** What is free in a file system in memory must be more than any run writes. */
const ROOM_BYTES = 4 * 2 ** 30

export type RunOptions = {
  /** Files that run at once. */
  concurrency?: number
  /** What the files find in their environment besides this process's. */
  env?: Record<string, string>
  /** Of which part of the run the files are, where it has several. */
  part?: string
}

/**
 * One run of test files; the process's exit code is 1 where one of them failed. Disposing ends what they shared and lists what failed,
 * last of all: of a long run, many see nothing but the end.
 */
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
  // Where memory is given page by page by a machine within a machine, a page costs more than what is done with it: Linux gives malloc large ones.
  process.env.GLIBC_TUNABLES ??= 'glibc.malloc.hugetlb=1'
  const databases = await shareDatabases()
  process.env[SHARED_DATABASES] = databases.url
  const stopped = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.abort())
  const failed = new Failed()
  // At the very end: what ends PostgreSQL with this process ends it with an exit code of its own, 0.
  process.once('exit', () => {
    if (failed.any) process.exitCode = 1
  })
  return {
    async files(files, { concurrency = CONCURRENCY, env = {}, part } = {}) {
      const events = run({
        files: longestFirst(files),
        cwd: root,
        execArgv: PROCESS,
        concurrency,
        timeout: TIMEOUT_MS,
        signal: stopped.signal,
        env: { ...process.env, ...env },
      })
      events.on('test:fail', (event) => failed.add(event, part))
      for await (const text of events.compose(spec)) process.stdout.write(text)
    },
    async [Symbol.asyncDispose]() {
      await databases[Symbol.asyncDispose]()
      process.stdout.write(failed.list())
    },
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
