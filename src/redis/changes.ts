import { randomUUID } from 'node:crypto'
import type { RedisConfig } from '../config/redis.ts'
import { type Changed, type ChangeScope, scopeIn } from '../db/changed.ts'
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
  const own = randomUUID()
  const hear = (message: string) => {
    const told = read(message)
    // What was committed here is known here, and was before it was told.
    if (told?.by !== own) changed.publish(told?.scope ?? null)
  }
  const hearing = await openRedis({
    // What is published in a Cluster is heard at each of its nodes; and of one connection, that it was lost is known.
    ...{ config: { ...config, isCluster: false }, log },
    async connected(line) {
      await line.subscribe(channel, hear)
      changed.publish(null)
    },
  })
  return {
    announce(scope) {
      // Nobody waits for it: what is not heard is noticed within five seconds.
      redis.send(channel, ['PUBLISH', channel, JSON.stringify({ by: own, scope } satisfies Told)]).catch(() => {})
    },
    [Symbol.asyncDispose]: () => hearing[Symbol.asyncDispose](),
  }
}

/** A message: whose it is, and what was changed. */
type Told = { by: string; scope: ChangeScope | null }

/** Null for what is none of ours: then anything may have changed. */
function read(message: string): Told | null {
  try {
    const { by, scope } = JSON.parse(message)
    return typeof by === 'string' ? { by, scope: scopeIn(scope) } : null
  } catch {
    return null
  }
}
