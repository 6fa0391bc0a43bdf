import type { RedisConfig } from '../config/redis.ts'
import { Dependency, type Standing } from '../core/dependency.ts'
import type { Changed } from '../db/changed.ts'
import type { CountersParts } from '../gateway/counters/open.ts'
import type { Tools } from './tools.ts'

/** What the log says of an outage, by what takes its place then. */
const words: Record<RedisConfig['down'], string> = {
  local: 'Redis is away: this process counts limits and money itself meanwhile',
  deny: 'Redis is away: calls that are to be counted are refused meanwhile',
  allow: 'Redis is away: calls go on meanwhile, and are made up for when it is back',
}

/** Connects to Redis. What that needs is loaded only here: a server without Redis has none of it in memory. */
export async function openRedisOf(config: RedisConfig, tools: Pick<Tools, 'log' | 'metrics'>) {
  const [{ openRedis }, { openRedisChanges }, { questionTo }, { openRedisCounters }, { openAwayCounters }] =
    await Promise.all([
      import('../redis/connection.ts'),
      import('../redis/changes.ts'),
      import('../redis/question.ts'),
      import('../gateway/counters/redis/open.ts'),
      import('../gateway/counters/away/open.ts'),
    ])
  const { log, metrics } = tools
  const { prefix, down, localShare } = config
  const away = { away: words[down], back: 'Redis is there again: limits and money are counted there' }
  const dependency = new Dependency('redis', away, { log, metrics, clock: () => performance.now() })
  // What is said of the connection alone is beside what is said of what it means.
  const quiet = {
    info: (message: string) => log.debug({}, message),
    warn: (fields: object, message: string) => log.debug(fields, message),
  }
  const redis = await openRedis({ config, log: quiet })
  return {
    redis,
    changes: (changed: Changed) => openRedisChanges({ config, redis, changed, log: quiet }),
    async counters(parts: CountersParts) {
      await using stack = new AsyncDisposableStack()
      const far = stack.use(openRedisCounters({ ...parts, redis, prefix, log }))
      const ask = questionTo(redis, prefix)
      const counters = stack.use(openAwayCounters({ ...parts, far, down, localShare, dependency, ask }))
      const rest = stack.move()
      return {
        counters,
        /** How it stands with Redis, which is asked now, within half a second. */
        async standing(): Promise<{ redis: Standing }> {
          await counters.ask()
          return { redis: dependency.isThere ? 'ok' : down === 'deny' ? 'unavailable' : 'degraded' }
        },
        [Symbol.asyncDispose]: () => rest.disposeAsync(),
      }
    },
    [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose](),
  }
}
