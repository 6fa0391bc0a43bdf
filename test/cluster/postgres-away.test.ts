import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../process/gatehouse.ts'
import { openTestDatabase } from '../support/databases.ts'
import { givenTime } from '../support/given-time.ts'
import { type LineMode, startSlowLine } from '../support/slow-line.ts'
import { haveProjects, makeProject, startCluster } from './cluster.ts'
import { seenThrough, Traffic } from './traffic.ts'

/** What becomes of the line to PostgreSQL. */
const harms: Record<string, LineMode> = {
  'is refused': { kind: 'refuse' },
  'is reset': { kind: 'reset' },
  'swallows everything': { kind: 'drop' },
  'is slow': { kind: 'delay', least: 1000, most: 4000 },
}

for (const [harm, mode] of Object.entries(harms)) {
  test(`a PostgreSQL whose line ${harm}: no call hangs or is refused as if it were to blame, and all works again by itself`, async (t) => {
    await using database = await openTestDatabase('postgres')
    await using line = await startSlowLine(database.url)
    await using cluster = await startCluster({ nodes: 2, databaseUrl: line.over(database.url) })
    const [node] = cluster.nodes
    assert.ok(node)
    const { key } = await makeProject(node, 'busy')
    await using traffic = new Traffic(cluster.nodes, key)
    await traffic.succeed(20)
    await line.become(mode)
    const away = traffic.made.length
    await until(() => traffic.made.slice(away).filter(({ status }) => status === 503).length >= 20, 'the outage shows')
    await line.become({ kind: 'pass' })
    const back = givenTime()
    await traffic.succeed(20)
    t.diagnostic(await seenThrough(traffic, back))
    await haveProjects(cluster.nodes, traffic.acknowledged)
  })
}
