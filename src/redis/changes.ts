import { randomUUID } from 'node:crypto'
import type { RedisConfig } from '../config/redis.ts'
import type { Dependency } from '../core/dependency.ts'
import type { Log } from '../core/log.ts'
import type { Changed, ChangeScope } from '../db/changed.ts'
import { openRedis, type Redis } from './connection.ts'
import type { Line } from './line.ts'
import { quiet } from './quiet.ts'
import { type Told, toldIn } from './told.ts'

export type RedisChangesParts = {
  config: RedisConfig
  /** What is published goes over this one; a connection of its own hears. */
  redis: Redis
  changed: Pick<Changed, 'publish'>
  /** Whether changes are told and heard of there. */
  dependency: Pick<Dependency, 'is'>
  log: Pick<Log, 'debug' | 'warn'>
}

/** Tells the other nodes of a change that was committed here. */
export type Announcing = AsyncDisposable & { announce: (scope: ChangeScope | null) => void }

/**
 * Tells and hears of changes by Redis, beside the database's own way: what is heard twice does no harm. While the connection is
 * lost nothing is heard, so after every (re)connection `null` is published here: anything may have changed. Who may not tell of changes has lost
 * the channel too: nobody would hear what is changed here.
 */
export async function openRedisChanges(parts: RedisChangesParts): Promise<Announcing> {
  const { config, redis, changed, dependency, log } = parts
  const channel = `${config.prefix}:changed`
  const own = randomUUID()
  const publishing = (told: Omit<Told, 'by'>) => [
    'PUBLISH',
    channel,
    JSON.stringify({ by: own, ...told } satisfies Told),
  ]
  const hear = (message: string) => {
    const told = toldIn(message)
    // What was committed here is known here, and was before it was told.
    if (told === null || (told.by !== own && told.scope !== undefined)) changed.publish(told?.scope ?? null)
  }
  let hears: Line | null = null
  let isTold = false
  const hearing = await openRedis({
    // What is published in a Cluster is heard at each of its nodes; and of one connection, that it was lost is known.
    ...{ config: { ...config, isCluster: false }, log: quiet(log) },
    async connected(line) {
      hears = line
      await line.send(channel, publishing({}))
      await line.subscribe(channel, hear)
      changed.publish(null)
      isTold = false
      dependency.is(true)
    },
    lost(err) {
      dependency.is(false, err)
      if (isTold || !isDenied(err)) return
      isTold = true
      log.warn({ err }, `the Redis user may not tell or hear of changes: grant it &${channel} +publish +subscribe`)
    },
  })
  return {
    announce(scope) {
      // Nobody waits for it: what is not heard is noticed within five seconds. Whether it may be told at all shows anew.
      redis.send(channel, publishing({ scope })).catch((err) => isDenied(err) && hears?.doubt())
    },
    [Symbol.asyncDispose]: () => hearing[Symbol.asyncDispose](),
  }
}

const isDenied = (err: unknown) => String((err as Error | undefined)?.message).startsWith('NOPERM')
