import type { RedisConfig } from '../../../config/redis.ts'
import type { Redis } from '../../../redis/connection.ts'
import { questionTo } from '../../../redis/question.ts'
import { AwayCounters, type AwayParts } from './counters.ts'

/** Counters in Redis, and what the configuration says takes their place while it is away. */
export function besideRedis(
  redis: Redis,
  { prefix, down, localShare }: Pick<RedisConfig, 'prefix' | 'down' | 'localShare'>,
  parts: Pick<AwayParts, 'far' | 'near' | 'dependency'>,
): AwayCounters {
  return new AwayCounters({ ...parts, down, localShare, ask: questionTo(redis, prefix) })
}
