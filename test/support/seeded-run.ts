import { parseArgs } from 'node:util'
import type { DatabaseKind } from './databases.ts'
import { startRedis } from './redis.ts'
import { newSeed } from './seeded.ts'
import { SHARED_DATABASES, shareDatabases } from './shared-databases.ts'

/** A long run from the command line. Disposing stops what was started for it. */
export type SeededRun = AsyncDisposable & {
  amount: number
  database: DatabaseKind
  /** Where limits and money are counted. */
  counts: 'memory' | 'redis'
  seed: number
  say: (line: string) => void
  /** At the end. @param failed whether the process is to end with 1 */
  ends: (failed: boolean) => void
}

/**
 * Reads `[--NAME N] [--postgres] [--redis] [--seed N]`; with `--redis` limits and money are counted in one that is started for it. Whoever gives out databases asks for PostgreSQL's address when it is loaded, so what
 * is to run is imported behind this.
 * @param name of what says how long it is to be
 * @throws Error for what is no number
 */
export async function openSeededRun(name: string, preset: number): Promise<SeededRun> {
  const options = {
    [name]: { type: 'string', default: String(preset) },
    postgres: { type: 'boolean', default: false },
    redis: { type: 'boolean', default: false },
    seed: { type: 'string' },
  } as const
  const { values } = parseArgs({ options })
  const amount = Number(values[name])
  const seed = values.seed === undefined ? newSeed() : Number(values.seed)
  if (!(amount > 0)) throw new Error(`--${name} takes how many there are to be`)
  if (!Number.isInteger(seed)) throw new Error('--seed takes a whole number')
  const databases = await shareDatabases()
  process.env[SHARED_DATABASES] = databases.url
  const redis = values.redis ? await startRedis() : null
  if (redis !== null) process.env.TEST_REDIS_URL = redis.url
  return {
    amount,
    database: values.postgres ? 'postgres' : 'sqlite',
    counts: values.redis ? 'redis' : 'memory',
    seed,
    say: (line) => void process.stdout.write(`${line}\n`),
    // What stops PostgreSQL ends the process with an exit code of its own.
    ends: (failed) =>
      void process.once('exit', () => {
        if (failed) process.exitCode = 1
      }),
    async [Symbol.asyncDispose]() {
      await redis?.[Symbol.asyncDispose]()
      await databases[Symbol.asyncDispose]()
    },
  }
}
