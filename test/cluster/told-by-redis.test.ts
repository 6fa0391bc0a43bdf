import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../process/gatehouse.ts'
import { startRedis, withoutRedis } from '../support/redis.ts'
import { makeProject, startCluster } from './cluster.ts'
import { revoke } from './revoking.ts'

/** Within which a revocation is known everywhere: with the channel on which it is told long before what is known grows old, which it does without. */
const TOLD_MS = 2500
const UNTOLD_MS = 5000

test('a key that is revoked while Redis, on which alone changes are told, is killed is refused by every node within five seconds', {
  skip: withoutRedis,
}, async (t) => {
  await using redis = await startRedis()
  const env = { GATEHOUSE_REDIS_URL: redis.url }
  // A database that tells of no changes itself.
  await using cluster = await startCluster({ nodes: 3, env, config: { database: { distributed: true } } })
  const [node] = cluster.nodes
  assert.ok(node)
  const keys = []
  for (const name of ['told', 'away', 'moment', 'back']) keys.push(await makeProject(node, name))
  const [told, away, moment, back] = keys
  assert.ok(told && away && moment && back)

  const toldMs = await revoke(cluster, told)
  const killing = redis.kill()
  const momentMs = await revoke(cluster, moment)
  await killing
  const awayMs = await revoke(cluster, away)
  await redis.start()
  await until(async () => redis.cli('pubsub', 'numsub', 'gatehouse:changed').endsWith('3'), 'all nodes hear again')
  const backMs = await revoke(cluster, back)
  t.diagnostic(
    `let in for ${[toldMs, momentMs, awayMs, backMs].map((ms) => `${Math.round(ms)} ms`).join(', ')}: told, at the moment of the kill, while it was away, and back`,
  )
  assert.ok(toldMs < TOLD_MS, `${toldMs}`)
  assert.ok(momentMs < UNTOLD_MS, `${momentMs}`)
  assert.ok(awayMs < UNTOLD_MS, `${awayMs}`)
  assert.ok(backMs < TOLD_MS, `${backMs}`)
})
