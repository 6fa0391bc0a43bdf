import type { RedisConfig } from '../config/redis.ts'
import type { CountersParts } from '../gateway/counters/open.ts'
import type { Tools } from './tools.ts'

/** Connects to Redis. What that needs is loaded only here: a server without Redis has none of it in memory. */
export async function openRedisOf(config: RedisConfig, { log }: Pick<Tools, 'log'>) {
  const [{ openRedis }, { openRedisCounters }] = await Promise.all([
    import('../redis/connection.ts'),
    import('../gateway/counters/redis/open.ts'),
  ])
  const redis = await openRedis({ config, log })
  const { prefix } = config
  return {
    redis,
    counters: (parts: CountersParts) => openRedisCounters({ ...parts, redis, prefix, log }),
    [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose](),
  }
}
