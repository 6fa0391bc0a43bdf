import assert from 'node:assert/strict'
import { test } from 'node:test'
import { givenTime } from '../support/given-time.ts'
import { haveProjects, makeProject, startCluster } from './cluster.ts'
import { heldThrough, Traffic } from './traffic.ts'

test('kill -9 of a node under traffic: the others go on, nothing acknowledged is lost, and it is back when it is started', async (t) => {
  await using cluster = await startCluster({ nodes: 3 })
  const [first, second, third] = cluster.nodes
  assert.ok(first && second && third)
  const project = await makeProject(first, 'busy')
  await using traffic = new Traffic(cluster.nodes, project.key)
  await traffic.succeed(20)
  const from = traffic.made.length
  await second.kill()
  await traffic.succeed(40, [0, 2])
  const elsewhere = traffic.made.slice(from).filter(({ node }) => node !== 1)
  assert.deepEqual(
    elsewhere.filter(({ status }) => status !== 200),
    [],
    'the other nodes',
  )
  await second.start()
  const back = givenTime()
  await traffic.succeed(40)
  await traffic.stop()
  t.diagnostic(heldThrough(traffic, back))
  await haveProjects(cluster.nodes, traffic.acknowledged)
})
