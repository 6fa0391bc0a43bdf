import assert from 'node:assert/strict'
import { until } from '../process/gatehouse.ts'
import { givenTime } from '../support/given-time.ts'
import { adminOf, ask, CHAT, type Cluster, chat, type makeProject } from './cluster.ts'

/**
 * Revokes a key at the first node, when each of them has just looked it up.
 * @returns how long after the answer the last call began that some node let in, in milliseconds; 0: none
 */
export async function revoke({ nodes }: Cluster, { id, key, keyId }: Awaited<ReturnType<typeof makeProject>>) {
  const [first] = nodes
  assert.ok(first)
  for (const node of nodes) assert.equal((await ask(node, CHAT, chat(key))).status, 200)
  await adminOf(first).projects.apiKeys.delete(keyId, { project_id: id })
  const revoked = givenTime()
  const admits = async (node: (typeof nodes)[number]) => {
    let last = 0
    await until(async () => {
      const begun = givenTime()
      const { status } = await ask(node, CHAT, chat(key))
      assert.ok(status === 200 || status === 401, `${status}`)
      if (status === 200) last = begun - revoked
      return status === 401
    }, 'it is refused')
    return last
  }
  const [own, ...others] = await Promise.all(nodes.map(admits))
  assert.equal(own, 0, 'the node that answered has refused it since')
  return Math.max(0, ...others)
}
