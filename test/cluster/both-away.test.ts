import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../process/gatehouse.ts'
import { openPostgres } from '../support/databases.ts'
import { givenTime } from '../support/given-time.ts'
import { startPostgres } from '../support/postgres.ts'
import { startRedis, withoutRedis } from '../support/redis.ts'
import { adminOf, CENTS, DOLLARS, haveProjects, makeProject, spend, startCluster } from './cluster.ts'
import { seenThrough, Traffic } from './traffic.ts'

const AWAY_MS = 4000

test('PostgreSQL and Redis are killed at once under traffic and come back, Redis empty: nothing acknowledged is lost, what was spent is spent, and all works again by itself', {
  skip: withoutRedis,
}, async (t) => {
  await using redis = await startRedis()
  await using postgres = await startPostgres()
  await using database = await openPostgres(postgres)
  const env = { GATEHOUSE_REDIS_URL: redis.url }
  await using cluster = await startCluster({ nodes: 3, databaseUrl: database.url, env })
  const [node] = cluster.nodes
  assert.ok(node)
  const paid = await makeProject(node, 'paid')
  const busy = await makeProject(node, 'busy')
  await adminOf(node).projects.spendLimit.update(paid.id, DOLLARS)
  assert.equal(await spend(cluster.nodes, paid.key, 60), 60 * CENTS)
  await using traffic = new Traffic(cluster.nodes, busy.key)
  await traffic.succeed(20)
  const away = traffic.made.length
  await Promise.all([redis.kill(), postgres.kill()])
  await until(() => traffic.made.slice(away).some(({ status }) => status === 503), 'the outage shows')
  await sleep(AWAY_MS)
  await Promise.all([redis.start(), postgres.start()])
  const back = givenTime()
  await traffic.succeed(20)
  t.diagnostic(await seenThrough(traffic, back))
  await haveProjects(cluster.nodes, traffic.acknowledged)
  assert.equal(await spend(cluster.nodes, paid.key, 60), 40 * CENTS)
})
