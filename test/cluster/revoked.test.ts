import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startRedis, withoutRedis } from '../support/redis.ts'
import { makeProject, startCluster } from './cluster.ts'
import { revoke } from './revoking.ts'

const KEYS = 100
/** So many are revoked together, which a server takes in turn. */
const TOGETHER = 4
const KEYS_UNTOLD = 8
/** Within which 99 of 100 revocations are known everywhere, with a channel on which they are told; and each, without one. */
const TOLD_MS = 250
const UNTOLD_MS = 5000

const quantile = (sorted: readonly number[], share: number) =>
  sorted[Math.ceil(sorted.length * share) - 1] ?? assert.fail()

/** How long each of so many revocations took to be known everywhere, in milliseconds, shortest first. */
async function revocations(env: Record<string, string>, config: object, count: number, atOnce: number) {
  await using cluster = await startCluster({ nodes: 3, env, config })
  const [node] = cluster.nodes
  assert.ok(node)
  const took: number[] = []
  for (let i = 0; i < count; i += atOnce) {
    const some = await Promise.all(Array.from({ length: atOnce }, (_, j) => makeProject(node, `p${i + j}`)))
    took.push(...(await Promise.all(some.map((key) => revoke(cluster, key)))))
  }
  return took.sort((a, b) => a - b)
}

const said = (took: readonly number[]) =>
  [0.5, 0.99, 1].map((share) => `${Math.round(quantile(took, share))} ms`).join(', ')

test('a key that is revoked is refused by every node within 250 ms where PostgreSQL tells it', async (t) => {
  const took = await revocations({}, {}, KEYS, TOGETHER)
  t.diagnostic(`let in after the answer: p50, p99 and longest ${said(took)}`)
  assert.ok(quantile(took, 0.99) <= TOLD_MS)
})

test('a key that is revoked is refused by every node within 250 ms where Redis alone tells it', {
  skip: withoutRedis,
}, async (t) => {
  await using redis = await startRedis()
  const took = await revocations(
    { GATEHOUSE_REDIS_URL: redis.url },
    { database: { distributed: true } },
    KEYS,
    TOGETHER,
  )
  t.diagnostic(`let in after the answer: p50, p99 and longest ${said(took)}`)
  assert.ok(quantile(took, 0.99) <= TOLD_MS)
})

test('a key that is revoked is refused by every node within five seconds where nobody tells it', async (t) => {
  const took = await revocations({}, { database: { distributed: true } }, KEYS_UNTOLD, KEYS_UNTOLD)
  t.diagnostic(`let in after the answer: p50, p99 and longest ${said(took)}`)
  assert.ok(quantile(took, 1) <= UNTOLD_MS)
})
