import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startUpstream } from '../gateway/upstream.ts'
import { givenTime } from '../support/given-time.ts'
import { startRedis, withoutRedis } from '../support/redis.ts'
import { type LineMode, startSlowLine } from '../support/slow-line.ts'
import {
  adminOf,
  answerWith,
  CENTS,
  DOLLARS,
  haveProjects,
  makeProject,
  spend,
  startCluster,
  TOKENS,
} from './cluster.ts'
import { seenThrough, statuses, Traffic } from './traffic.ts'

const AWAY_MS = 4000
/** What a model server may take for its first byte, as the configuration says here. */
const PATIENCE_MS = 2000

/** What becomes of the line to the model server, and how calls end that meet it. */
const harms: Record<string, { mode: LineMode; ends: readonly string[] }> = {
  'is refused': { mode: { kind: 'refuse' }, ends: ['200', '502', '503'] },
  'is reset': { mode: { kind: 'reset' }, ends: ['200', '502', '503'] },
  'swallows everything': { mode: { kind: 'drop' }, ends: ['200', '502', '503', '504'] },
  'is slow': { mode: { kind: 'delay', least: 300, most: 1500 }, ends: ['200', '504'] },
}

for (const [harm, { mode, ends }] of Object.entries(harms)) {
  test(`a model server whose line ${harm}: no call hangs or is the caller's fault, what was set aside for it comes back, and all works again by itself`, {
    skip: withoutRedis,
  }, async (t) => {
    await using redis = await startRedis()
    await using model = await startUpstream()
    model.answer(answerWith(TOKENS))
    await using line = await startSlowLine(model.origin)
    const upstreams = { main: { url: `${line.over(model.origin)}v1`, timeout_ms: PATIENCE_MS } }
    await using cluster = await startCluster({
      nodes: 2,
      env: { GATEHOUSE_REDIS_URL: redis.url, GATEHOUSE_UPSTREAM_URL: '' },
      config: { upstreams },
    })
    const [node] = cluster.nodes
    assert.ok(node)
    const paid = await makeProject(node, 'paid')
    const busy = await makeProject(node, 'busy')
    await adminOf(node).projects.spendLimit.update(paid.id, DOLLARS)
    await using traffic = new Traffic(cluster.nodes, busy.key)
    await traffic.succeed(20)
    const from = traffic.made.length
    await line.become(mode)
    const paying = Promise.all(Array.from({ length: 6 }, () => spend(cluster.nodes, paid.key, 1, ends)))
    await sleep(AWAY_MS)
    const paidMeanwhile = (await paying).reduce((sum, cents) => sum + cents, 0)
    await line.become({ kind: 'pass' })
    const back = givenTime()
    await traffic.succeed(20)
    const figures = await seenThrough(traffic, back)
    t.diagnostic(`${figures}; ${JSON.stringify(statuses(traffic.made.slice(from)))} from when it was`)
    const strange = traffic.made.filter(({ kind, status }) => !(kind === 'chat' ? ends : ['200']).includes(`${status}`))
    assert.deepEqual(strange, [])
    await haveProjects(cluster.nodes, traffic.acknowledged)
    assert.equal(paidMeanwhile + (await spend(cluster.nodes, paid.key, 120)), 100 * CENTS)
  })
}
