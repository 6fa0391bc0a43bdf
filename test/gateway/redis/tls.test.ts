import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { RedisConfig } from '../../../src/config/redis.ts'
import { MINUTE_MS } from '../../../src/core/limit.ts'
import type { ChangeScope } from '../../../src/db/changed.ts'
import { startTestApp } from '../../support/harness.ts'
import { modelsFile } from '../../support/models-file.ts'
import {
  connectedChanges,
  connectedRedis,
  type OwnRedis,
  startRedis,
  startRedisCluster,
  startRedisThatSpeaks,
  startSentinel,
  withoutRedis,
} from '../../support/redis.ts'
import { type RedisTls, redisTls } from '../../support/redis-tls.ts'
import { until } from '../../support/until.ts'
import { CHAT, makeKey } from '../gate.ts'
import { countersOn } from './counting.ts'

const body = { model: 'echo', messages: [{ role: 'user', content: 'hello' }] }

/** A gate with such a Redis: what it answers to a call, what it says of itself and what stands in its log. */
async function callWith(url: string, redis: object) {
  const echo = { organization_limits: { max_requests_per_1_minute: 40 }, price_per_million: { input: 1 } }
  await using file = await modelsFile({ echo }, { redis })
  const lines: string[] = []
  const env = { GATEHOUSE_CONFIG: file.path, GATEHOUSE_REDIS_URL: url }
  await using app = await startTestApp({ env, log: (text) => lines.push(text) })
  const { key } = await makeKey(app)
  const { status } = await app.send('POST', CHAT, { key, body })
  const ready = await app.send('GET', '/readyz', { key: null })
  return { status, ready: ready.body.redis, why: lines.find((text) => text.includes('Redis is away')) ?? '' }
}

describe('TLS to Redis', { skip: withoutRedis }, () => {
  let tls: RedisTls
  let server: OwnRedis
  let plain: OwnRedis
  /** One that asks for a client's certificate, as Redis does where nobody says otherwise. */
  let asking: OwnRedis
  const at = (host: string) => `rediss://${host}:${server.port}`
  before(async () => {
    tls = await redisTls()
    server = await startRedisThatSpeaks(tls.speech, '--bind', '127.0.0.1 127.0.0.2')
    plain = await startRedis()
    asking = await startRedisThatSpeaks(tls.speech, '--tls-auth-clients', 'yes')
  })
  after(async () => {
    for (const one of [server, plain, asking]) await one[Symbol.asyncDispose]()
    tls[Symbol.dispose]()
  })

  for (const host of ['127.0.0.1', 'localhost']) {
    test(`calls are counted there where its certificate is of the authority that the settings name, for ${host}`, async () => {
      server.cli('flushall')
      const { status, ready, why } = await callWith(at(host), { ca: tls.ca, down: 'deny' })
      assert.deepEqual([status, ready, why], [200, 'ok', ''])
      assert.match(server.cli('keys', 'gatehouse:*'), /:w:/)
    })
  }

  // 127.0.0.2 is the same server by a name that its certificate has not.
  const refused: [what: string, to: () => string, ca: () => object, why: RegExp][] = [
    [
      'of another authority',
      () => at('127.0.0.1'),
      () => ({ ca: tls.strange }),
      /self-signed certificate in certificate chain/,
    ],
    [
      'of an authority that nobody named',
      () => at('localhost'),
      () => ({}),
      /self-signed certificate in certificate chain/,
    ],
    ['for another host', () => at('127.0.0.2'), () => ({ ca: tls.ca }), /IP: 127.0.0.2 is not in the cert's list/],
    [
      'not asked for, and plain text no use',
      () => `redis://127.0.0.1:${server.port}`,
      () => ({}),
      /read ECONNRESET|closed/,
    ],
    [
      'missing, since it speaks no TLS',
      () => `rediss://127.0.0.1:${plain.port}`,
      () => ({ ca: tls.ca }),
      /Connection timeout/,
    ],
    [
      'for those who show one too',
      () => `rediss://127.0.0.1:${asking.port}`,
      () => ({ ca: tls.ca }),
      /alert certificate required/,
    ],
  ]
  for (const [what, to, ca, why] of refused) {
    test(`a Redis whose certificate is ${what} is away, which the log explains, and redis.down says what then`, async () => {
      for (const one of [server, plain]) one.cli('flushall')
      const policies = { local: [200, 'degraded'], deny: [503, 'unavailable'], allow: [200, 'degraded'] }
      const all = Object.entries(policies).map(async ([down, [status, ready]]) => {
        const found = await callWith(to(), { ...ca(), down })
        assert.deepEqual([found.status, found.ready], [status, ready], down)
        assert.match(found.why, why)
      })
      await Promise.all(all)
      for (const one of [server, plain]) assert.equal(one.cli('dbsize'), '0')
    })
  }

  test('a Cluster and Sentinels are spoken to in the same way: calls are counted, and changes heard', async () => {
    await using cluster = await startRedisCluster(tls.speech)
    await using sentinel = await startSentinel(tls.speech)
    for (const config of [server.config, cluster.config, sentinel.config]) await countAndHear(config)
  })
})

async function countAndHear(config: RedisConfig) {
  await using stack = new AsyncDisposableStack()
  const fail = (fields: object) => assert.fail(JSON.stringify(fields))
  const log = { debug: fail, info() {}, warn: fail }
  const heard: (ChangeScope | null)[] = []
  const nodes = [
    stack.use(await connectedRedis({ config, log })),
    stack.use(await connectedRedis({ config, log })),
  ] as const
  const publishes = [{ publish: (scope: ChangeScope | null) => void heard.push(scope) }, { publish() {} }] as const
  const [, other] = [
    stack.use(await connectedChanges({ config, redis: nodes[0], changed: publishes[0], log })),
    stack.use(await connectedChanges({ config, redis: nodes[1], changed: publishes[1], log })),
  ]
  const scope = { organizationId: 'org-x', projectId: null }
  other.announce(scope)
  await until(() => heard.length >= 2, 'what is heard')
  assert.deepEqual(heard, [null, scope])
  const options = { gatherMs: 100, beatMs: 50, denyMs: 0 }
  const counters = nodes.map((redis) => stack.use(countersOn(redis, { prefix: 'tls', options })))
  const windows = [{ key: 'org-x/w', limit: 4, periodMs: 1000 * MINUTE_MS }]
  const decisions = await Promise.all(
    Array.from({ length: 10 }, (_, i) => counters[i % 2]?.take({ windows, costs: [1], money: null })),
  )
  assert.equal(decisions.filter((decision) => decision?.taken).length, 4)
}
