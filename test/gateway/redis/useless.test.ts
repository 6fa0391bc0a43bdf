import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../../process/gatehouse.ts'
import { freePort } from '../../support/ports.ts'
import { type OwnRedis, startRedis, withoutRedis } from '../../support/redis.ts'
import { LIMIT, startCounting } from './gate.ts'

const CALLS = LIMIT / 4
/** The longest that a call may take, and that it may take until Redis is used again. */
const MOST_MS = 3000
const BACK_MS = 5000

type Harm = { becomes: (redis: OwnRedis) => Promise<void> | void; ends: (redis: OwnRedis) => Promise<void> | void }

/** A Redis that answers, and is of no use. */
const harms: Record<string, Harm> = {
  'is full and drops nothing': {
    becomes: ({ cli }) => void cli('config', 'set', 'maxmemory', '1'),
    ends: ({ cli }) => void cli('config', 'set', 'maxmemory', '0'),
  },
  'has become a replica': {
    becomes: async ({ cli }) => void cli('replicaof', '127.0.0.1', String(await freePort())),
    ends: ({ cli }) => void cli('replicaof', 'no', 'one'),
  },
  'lacks the replicas that it needs to write': {
    becomes: ({ cli }) => void cli('config', 'set', 'min-replicas-to-write', '1'),
    ends: ({ cli }) => void cli('config', 'set', 'min-replicas-to-write', '0'),
  },
  'has got another password': {
    becomes: ({ cli }) => {
      cli('config', 'set', 'requirepass', 'rotated')
      cli('-a', 'rotated', 'client', 'kill', 'type', 'normal', 'skipme', 'no')
      cli('-a', 'rotated', 'client', 'kill', 'type', 'pubsub')
    },
    ends: ({ cli }) => void cli('-a', 'rotated', 'config', 'set', 'requirepass', ''),
  },
  'takes no script from its user': {
    becomes: ({ cli }) => void cli('acl', 'setuser', 'default', '-eval', '-evalsha'),
    ends: ({ cli }) => void cli('acl', 'setuser', 'default', '+eval', '+evalsha'),
  },
  'lets its user write nothing': {
    becomes: ({ cli }) => void cli('acl', 'setuser', 'default', '-@write'),
    ends: ({ cli }) => void cli('acl', 'setuser', 'default', '+@all'),
  },
}

for (const [harm, { becomes, ends }] of Object.entries(harms)) {
  test(`a Redis that ${harm} is away: calls go on, it is told once, and it is used again by itself`, {
    skip: withoutRedis,
  }, async (t) => {
    await using redis = await startRedis()
    await using gate = await startCounting({ down: 'local' }, redis.url)
    assert.deepEqual(await gate.statuses(CALLS), Array(CALLS).fill(200))
    assert.equal((await gate.ready()).redis, 'ok')
    gate.took.length = 0
    await becomes(redis)
    assert.deepEqual(await gate.statuses(CALLS), Array(CALLS).fill(200))
    const longest = Math.max(...gate.took)
    // Whoever asks does not make it come back.
    for (let i = 0; i < 5; i++) {
      const { status, redis: said } = await gate.ready()
      assert.deepEqual([status, said], ['degraded', 'degraded'])
      assert.deepEqual(await gate.statuses(1), [200])
    }
    assert.equal(await gate.app.metric('gatehouse_dependency_up{dependency="redis"}'), 0)
    await ends(redis)
    const begun = performance.now()
    await until(() => gate.told(/Redis is there again/) === 1, 'it is there again', BACK_MS)
    const backMs = Math.round(performance.now() - begun)
    t.diagnostic(`the longest call ${longest} ms, there again after ${backMs} ms`)
    assert.ok(longest < MOST_MS, `${longest} ms`)
    assert.deepEqual([gate.told(/Redis is away/), gate.told(/Redis is there again/)], [1, 1])
    await until(async () => (await gate.ready()).status === 'ready', 'all of it is there again')
    // What was used meanwhile counts there.
    await until(async () => {
      const { headers } = await gate.call()
      return Number(headers.get('x-ratelimit-remaining-requests')) <= LIMIT / 2
    }, 'what was used is counted')
  })
}
