import type { RedisConfig } from '../config/redis.ts'
import { Dependency, type Standing, type Words } from '../core/dependency.ts'
import type { Changed } from '../db/changed.ts'
import type { Db } from '../db/tables.ts'
import type { CountersParts } from '../gateway/counters/open.ts'
import { ThereForAll } from './there-for-all.ts'
import type { Tools } from './tools.ts'

/** What the log says of an outage, by what takes its place then. */
const words: Record<RedisConfig['down'], string> = {
  local: 'Redis is away: this process counts limits and money itself meanwhile',
  deny: 'Redis is away: calls that are to be counted are refused meanwhile',
  allow: 'Redis is away: calls go on meanwhile, and are made up for when it is back',
}

const changesWords: Words = {
  away: 'the channel of changes in Redis is lost: meanwhile those of other nodes are noticed within five seconds, or as the database tells of them',
  back: 'changes of other nodes are heard of in Redis again',
}

/** Connects to Redis. What that needs is loaded only here: a server without Redis has none of it in memory. */
export async function openRedisOf(config: RedisConfig, tools: Pick<Tools, 'log' | 'metrics'>) {
  const [{ openRedis }, { openRedisChanges }, { quiet }] = await Promise.all([
    import('../redis/connection.ts'),
    import('../redis/changes.ts'),
    import('../redis/quiet.ts'),
  ])
  const { log, metrics } = tools
  const { prefix, down } = config
  const away = { away: words[down], back: 'Redis is there again: limits and money are counted there' }
  const told = { log, metrics, clock: () => performance.now() }
  const dependency = new Dependency('redis', away, told)
  const channel = new Dependency('redis_changes', changesWords, told)
  const redis = await openRedis({ config, log: quiet(log) })
  const standing = (): { redis: Standing; redis_changes: Standing } => ({
    redis: dependency.isThere ? 'ok' : down === 'deny' ? 'unavailable' : 'degraded',
    redis_changes: channel.isThere ? 'ok' : 'degraded',
  })
  return {
    redis,
    changes: (changed: Changed) => openRedisChanges({ config, redis, changed, dependency: channel, log }),
    /** At the end, when all is written. Never rejects. */
    async leave(gateDb: Db, writer: string) {
      const { leaveRedis } = await import('../gateway/counters/redis/leaving.ts')
      await leaveRedis(redis, prefix, gateDb, writer)
    },
    /** The counters of the only thread. */
    async counters(parts: CountersParts) {
      const [{ openRedisCounters }, { besideRedis }, { nearCounters }] = await Promise.all([
        import('../gateway/counters/redis/open.ts'),
        import('../gateway/counters/away/beside.ts'),
        import('../gateway/counters/away/near.ts'),
      ])
      await using stack = new AsyncDisposableStack()
      const far = stack.use(openRedisCounters({ ...parts, redis, prefix, log }))
      const near = down === 'local' ? nearCounters(parts) : null
      const counters = stack.use(besideRedis(redis, config, { far, near, dependency }))
      const rest = stack.move()
      return {
        counters,
        /** How it stands with Redis, which is asked now, within half a second. */
        async standing() {
          await counters.ask()
          return standing()
        },
        [Symbol.asyncDispose]: () => rest.disposeAsync(),
      }
    },
    /** What threads need of the machine that count there by themselves, each over a connection of its own. */
    async threads(parts: CountersParts) {
      const { openRedisLines } = await import('../gateway/counters/redis/machine.ts')
      return {
        lines: openRedisLines({ ...parts, redis, prefix }),
        there: new ThereForAll(dependency),
        /** How it stood with Redis when the threads last asked it. */
        standing: async () => standing(),
      }
    },
    [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose](),
  }
}

/** What the machine has for threads that count in Redis. */
export type RedisOfThreads = Awaited<ReturnType<Awaited<ReturnType<typeof openRedisOf>>['threads']>>
