import { after, before, describe } from 'node:test'
import type { Redis } from '../../../src/redis/connection.ts'
import { connectedRedis, type OwnRedis, startRedis, withoutRedis } from '../../support/redis.ts'
import { countersSuite, type Made } from '../counters-suite.ts'
import { countersOn, losing } from './counting.ts'

describe('counters in Redis', { skip: withoutRedis }, () => {
  let server: OwnRedis
  let redis: Redis
  before(async () => {
    server = await startRedis()
    redis = await connectedRedis({ config: server.config, log: { info() {}, warn() {} } })
  })
  after(async () => {
    await redis[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })

  const make = (): Made => {
    const time = { ms: 1_764_000_000_000 }
    const line = losing(redis)
    const counters = countersOn(line.redis, {
      options: { gatherMs: 0, beatMs: 60_000, denyMs: 0, clock: () => time.ms },
    })
    return {
      counters,
      time,
      lose: (operation, losses) => {
        const lost = operation === 'take' ? line.lostTakes : line.lostSettles
        lost.splice(0, lost.length, ...losses)
      },
    }
  }
  countersSuite('in Redis', make, 60)
})
