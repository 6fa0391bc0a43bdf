import type { RedisConfig } from '../config/redis.ts'
import type { Log } from '../core/log.ts'
import type { Db } from '../db/tables.ts'
import type { GateCounters } from '../gateway/counters/make.ts'
import type { RedisLine } from '../gateway/counters/redis/line.ts'
import { sharedCounters } from '../gateway/counters/shared/open.ts'
import type { ThreadStart } from './start.ts'
import type { FromThread } from './words.ts'

export type ThreadCounters = {
  counters: GateCounters
  /** Looks whether what counts is there, within half a second, and tells the machine where that is news. */
  look: () => Promise<void>
}

type Parts = { db: Db; now: () => number; log: Log; say: (message: FromThread) => void }

/** The counters of a thread: in Redis, over a connection of its own, and in memory that threads share while that is away. */
export async function openRedisHere(
  config: RedisConfig,
  line: RedisLine,
  { index, lines: { counters: memory } }: Pick<ThreadStart, 'index' | 'lines'>,
  { db, now, log, say }: Parts,
): Promise<ThreadCounters & AsyncDisposable> {
  const [{ openRedis }, { quiet }, { openThreadRedis }, { besideRedis }] = await Promise.all([
    import('../redis/connection.ts'),
    import('../redis/quiet.ts'),
    import('../gateway/counters/redis/thread.ts'),
    import('../gateway/counters/away/beside.ts'),
  ])
  await using stack = new AsyncDisposableStack()
  const redis = stack.use(await openRedis({ config, log: quiet(log) }))
  const { prefix } = config
  const { counters: far } = stack.use(openThreadRedis({ redis, prefix, line, memory, index, db, now, log }))
  const near = config.down === 'local' ? sharedCounters(memory, index, db, now) : null
  const counters = stack.use(besideRedis(redis, config, { far, near, dependency: saidTo(say) }))
  await counters.ask()
  const rest = stack.move()
  return { counters, look: () => counters.ask(), [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

/**
 * Whether Redis is there as this thread sees it; the machine says so in the log and elsewhere, once for all threads. The first word is
 * said whatever it is: the thread that had this place before may have ended while it was away.
 */
function saidTo(say: (message: FromThread) => void) {
  let said: boolean | null = null
  return {
    get isThere() {
      return said !== false
    },
    is(isThere: boolean, err?: unknown): boolean {
      if (isThere === said) return false
      const isNews = isThere !== this.isThere
      said = isThere
      say({ what: 'redis', isThere, ...(err !== undefined && { err: String(err) }) })
      return isNews
    },
  }
}
