import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Connections } from '../../bench/load.ts'
import { until } from '../process/gatehouse.ts'
import { startRedis, withoutRedis } from '../support/redis.ts'
import {
  adminOf,
  answerWith,
  ask,
  CENTS,
  CHAT,
  type Cluster,
  chat,
  DAILY,
  DAILY_LIMIT,
  DOLLARS,
  MODEL,
  MOST_MONEY,
  makeProject,
  startCluster,
  TOKENS,
} from './cluster.ts'

const MINUTE_MS = 60_000
const LIMIT = 600
/** What a dead node had reserved is there again within this. */
const RETURNED_MS = 30_000

async function startCounted(stack: AsyncDisposableStack, nodes = 3, workers = 1): Promise<Cluster> {
  const redis = stack.use(await startRedis())
  const env = { GATEHOUSE_REDIS_URL: redis.url, GATEHOUSE_WORKERS: String(workers) }
  return stack.use(await startCluster({ nodes, env }))
}

/** So many calls at once, spread over all nodes, on connections that are there already. @returns how many ended with each status */
async function flood({ nodes }: Pick<Cluster, 'nodes'>, key: string, calls: number, model = MODEL) {
  const { body } = chat(key, TOKENS, model)
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const load = { method: 'POST', headers, body: JSON.stringify(body), ms: 0, status: null }
  const connections = Math.ceil(calls / nodes.length)
  const all = await Promise.all(nodes.map(({ url }) => Connections.open(url, connections)))
  const counts: Record<string, number> = {}
  try {
    const done = await Promise.all(
      all.map((some, i) => some.apply({ ...load, url: `${nodes[i]?.url}${CHAT}`, connections })),
    )
    for (const { statuses } of done)
      for (const [status, count] of Object.entries(statuses)) counts[status] = (counts[status] ?? 0) + count
  } finally {
    for (const some of all) some[Symbol.dispose]()
  }
  return counts
}

test('of 3,000 calls at once on three nodes, a limit of 600 a minute lets in 600', {
  skip: withoutRedis,
}, async (t) => {
  await using stack = new AsyncDisposableStack()
  const cluster = await startCounted(stack)
  const [node] = cluster.nodes
  assert.ok(node)
  const { id, key } = await makeProject(node, 'limited')
  await adminOf(node).projects.rateLimits.updateRateLimit(`rl-${MODEL}`, {
    project_id: id,
    max_requests_per_1_minute: LIMIT,
  })
  const begun = performance.now()
  const counts = await flood(cluster, key, 3000)
  const seconds = (performance.now() - begun) / 1000
  const admitted = counts['200'] ?? 0
  // What drains while they are judged may be used again.
  const most = LIMIT + Math.ceil((seconds * 1000 * LIMIT) / MINUTE_MS)
  t.diagnostic(
    `admitted ${admitted} of ${LIMIT} (${most} with what drained in ${seconds.toFixed(1)} s): ${JSON.stringify(counts)}`,
  )
  assert.deepEqual(Object.keys(counts).sort(), ['200', '429'])
  assert.ok(admitted <= most, `${admitted} were let in`)
  assert.ok(admitted >= LIMIT * 0.99, `only ${admitted} were let in`)
  assert.equal(cluster.model.calls.length, admitted)
})

test('of 300 calls at once on three nodes, as many are let in as a hard limit pays for, to the cent', {
  skip: withoutRedis,
}, async (t) => {
  await using stack = new AsyncDisposableStack()
  const cluster = await startCounted(stack)
  const [node] = cluster.nodes
  assert.ok(node)
  const { id, key } = await makeProject(node, 'paid')
  await adminOf(node).projects.spendLimit.update(id, DOLLARS)
  const counts = await flood(cluster, key, 300)
  t.diagnostic(`${JSON.stringify(counts)}: ${(counts['200'] ?? 0) * CENTS} of ${MOST_MONEY} cents spent`)
  assert.deepEqual(counts, { 200: MOST_MONEY / CENTS, 429: 300 - MOST_MONEY / CENTS })
  assert.equal(cluster.model.calls.length, MOST_MONEY / CENTS)
})

test('what a node had reserved that was killed can be spent on the others within thirty seconds, and not more than once', {
  skip: withoutRedis,
}, async (t) => {
  await using stack = new AsyncDisposableStack()
  const cluster = await startCounted(stack)
  const [first, second] = cluster.nodes
  assert.ok(first && second)
  const { id, key } = await makeProject(first, 'paid')
  await adminOf(first).projects.spendLimit.update(id, DOLLARS)
  cluster.model.answer(() => new Promise(() => {}))
  const hanging = Promise.all(Array.from({ length: MOST_MONEY / CENTS }, () => ask(first, CHAT, chat(key))))
  await until(() => cluster.model.calls.length === MOST_MONEY / CENTS, 'all of it is reserved')
  cluster.model.answer(answerWith(TOKENS))
  assert.equal((await ask(second, CHAT, chat(key))).status, 429)
  await first.kill()
  const killed = performance.now()
  assert.ok((await hanging).every(({ status }) => status === 'cut'))
  await until(async () => (await ask(second, CHAT, chat(key))).status === 200, 'it is there again', RETURNED_MS + 2000)
  t.diagnostic(`back after ${((performance.now() - killed) / 1000).toFixed(1)} s`)
  const counts = await flood({ nodes: cluster.nodes.slice(1) }, key, 200)
  assert.deepEqual(counts, { 200: MOST_MONEY / CENTS - 1, 429: 200 - MOST_MONEY / CENTS + 1 })
})

test('two nodes of two threads each on one Redis let in 100 of 1,000 calls at once, and spend a hard limit to the cent', {
  skip: withoutRedis,
}, async (t) => {
  await using stack = new AsyncDisposableStack()
  const cluster = await startCounted(stack, 2, 2)
  const [node] = cluster.nodes
  assert.ok(node)
  const limited = await makeProject(node, 'limited')
  const paid = await makeProject(node, 'paid')
  await adminOf(node).projects.spendLimit.update(paid.id, DOLLARS)
  const [calls, money] = [await flood(cluster, limited.key, 1000, DAILY), await flood(cluster, paid.key, 400)]
  t.diagnostic(
    `of a limit of ${DAILY_LIMIT}: ${JSON.stringify(calls)}; of money for ${MOST_MONEY / CENTS}: ${JSON.stringify(money)}`,
  )
  assert.deepEqual(calls, { 200: DAILY_LIMIT, 429: 1000 - DAILY_LIMIT })
  assert.deepEqual(money, { 200: MOST_MONEY / CENTS, 429: 400 - MOST_MONEY / CENTS })
})
