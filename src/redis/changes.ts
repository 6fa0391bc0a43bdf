import type { RedisConfig } from '../config/redis.ts'
import type { Changed, ChangeScope } from '../db/changed.ts'
import { openRedis, type Redis } from './connection.ts'
import type { LineLog } from './line.ts'

export type RedisChangesParts = {
  config: RedisConfig
  /** What is published goes over this one; a connection of its own hears. */
  redis: Redis
  changed: Pick<Changed, 'publish'>
  log: LineLog
}

/** Tells the other nodes of a change that was committed here. */
export type Announcing = AsyncDisposable & { announce: (scope: ChangeScope | null) => void }

/**
 * Tells and hears of changes by Redis, beside the database's own way: what is heard twice does no harm. While the connection is
 * lost nothing is heard, so after every (re)connection `null` is published here: anything may have changed.
 */
export async function openRedisChanges({ config, redis, changed, log }: RedisChangesParts): Promise<Announcing> {
  const channel = `${config.prefix}:changed`
  const hear = (message: string) => changed.publish(scopeOf(message))
  const hearing = await openRedis({
    ...{ config, log },
    async connected(line) {
      await line.subscribe(channel, hear)
      changed.publish(null)
    },
  })
  return {
    announce(scope) {
      // Nobody waits for it: what is not heard is noticed within five seconds.
      redis.send(channel, ['PUBLISH', channel, JSON.stringify(scope)]).catch(() => {})
    },
    [Symbol.asyncDispose]: () => hearing[Symbol.asyncDispose](),
  }
}

/** What is none of ours means that anything may have changed. */
function scopeOf(message: string): ChangeScope | null {
  try {
    const { organizationId, projectId } = JSON.parse(message)
    const isProject = projectId === null || typeof projectId === 'string'
    return typeof organizationId === 'string' && isProject ? { organizationId, projectId } : null
  } catch {
    return null
  }
}
