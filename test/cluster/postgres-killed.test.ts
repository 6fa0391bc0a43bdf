import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../process/gatehouse.ts'
import { openPostgres } from '../support/databases.ts'
import { givenTime } from '../support/given-time.ts'
import { startPostgres } from '../support/postgres.ts'
import { haveProjects, makeProject, startCluster } from './cluster.ts'
import { seenThrough, Traffic } from './traffic.ts'

for (const harm of ['kill', 'stop'] as const) {
  test(`PostgreSQL is ${harm === 'kill' ? 'killed' : 'stopped'} under traffic and comes back: nothing acknowledged is lost, and all works again by itself`, async (t) => {
    await using postgres = await startPostgres()
    await using database = await openPostgres(postgres)
    await using cluster = await startCluster({ nodes: 3, databaseUrl: database.url })
    const [first] = cluster.nodes
    assert.ok(first)
    const project = await makeProject(first, 'busy')
    await using traffic = new Traffic(cluster.nodes, project.key)
    await traffic.succeed(20)
    await postgres[harm]()
    const away = traffic.made.length
    await until(() => traffic.made.slice(away).filter(({ status }) => status === 503).length >= 50, 'the outage shows')
    await postgres.start()
    const back = givenTime()
    await traffic.succeed(40)
    t.diagnostic(await seenThrough(traffic, back))
    await haveProjects(cluster.nodes, traffic.acknowledged)
  })
}
