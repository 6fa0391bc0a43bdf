import { randomUUID } from 'node:crypto'
import { RedisCounters, type RedisCountersParts } from '../../../src/gateway/counters/redis/counters.ts'
import type { Source } from '../../../src/gateway/counters/redis/source.ts'
import type { Redis } from '../../../src/redis/connection.ts'
import type { Loss } from '../counting.ts'

/** A database in which nothing was ever spent, as a process of its own reads it. */
export const nothingSpent = (): Source => ({
  writer: randomUUID(),
  spent: async () => [],
  days: async () => [],
})

/** A Redis whose next scripts with calls, or with settlements, are lost on their way or on the way back. */
export function losing(redis: Redis): { redis: Redis; lostTakes: (Loss | null)[]; lostSettles: (Loss | null)[] } {
  const lostTakes: (Loss | null)[] = []
  const lostSettles: (Loss | null)[] = []
  const send: Redis['send'] = async (key, command) => {
    const asked = command.findLast((value) => value.startsWith('{'))
    const { takes = [], settles = [] } = asked === undefined ? {} : JSON.parse(asked)
    const lost = takes.length > 0 ? lostTakes.splice(0, takes.length) : lostSettles.splice(0, settles.length)
    const [loss = null] = lost
    if (loss === 'before') throw new Error('lost on its way')
    const answer = await redis.send(key, command)
    if (loss === 'after') throw new Error('lost on its way back')
    return answer
  }
  return {
    redis: { isCluster: redis.isCluster, connections: 1, send, async [Symbol.asyncDispose]() {} },
    lostTakes,
    lostSettles,
  }
}

let made = 0

/** Counters as one thread has them, on keys that no other test has. */
export function countersOn(redis: Redis, parts: Partial<RedisCountersParts> = {}): RedisCounters {
  const failed = (error: unknown) => void process.stderr.write(`${error}\n`)
  return new RedisCounters({ redis, prefix: `test-${process.pid}-${made++}`, source: nothingSpent(), failed, ...parts })
}
