import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../process/gatehouse.ts'
import { startRedis, withoutRedis } from '../support/redis.ts'
import { adminOf, ask, CHAT, type Cluster, chat, makeProject, startCluster } from './cluster.ts'

/** Within which a revocation is known everywhere, with the channel on which it is told and without. */
const TOLD_MS = 1000
const UNTOLD_MS = 5000

/** Revokes a key at the first node. @returns how long after the answer the last call began that some node let in, in milliseconds */
async function revoke({ nodes }: Cluster, { id, key, keyId }: { id: string; key: string; keyId: string }) {
  const [first] = nodes
  assert.ok(first)
  // Each of them has just looked it up.
  for (const node of nodes) assert.equal((await ask(node, CHAT, chat(key))).status, 200)
  await adminOf(first).projects.apiKeys.delete(keyId, { project_id: id })
  const revoked = performance.now()
  const admits = async (node: (typeof nodes)[number]) => {
    let last = 0
    await until(async () => {
      const begun = performance.now()
      const { status } = await ask(node, CHAT, chat(key))
      assert.ok(status === 200 || status === 401, `${status}`)
      if (status === 200) last = begun - revoked
      return status === 401
    }, 'it is refused')
    return last
  }
  return Math.max(...(await Promise.all(nodes.map(admits))))
}

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
