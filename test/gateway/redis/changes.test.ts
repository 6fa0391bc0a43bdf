import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ChangeScope } from '../../../src/db/changed.ts'
import { connectedChanges, connectedRedis, startRedis, withoutRedis } from '../../support/redis.ts'
import { until } from '../../support/until.ts'

const log = { debug() {}, info() {}, warn() {} }

describe('changes by way of Redis', { skip: withoutRedis }, () => {
  test('are heard by every other node; after a connection that was lost anything may have changed', async () => {
    await using server = await startRedis()
    await using stack = new AsyncDisposableStack()
    const { config } = server
    const node = async () => {
      const redis = stack.use(await connectedRedis({ config, log }))
      const heard: (ChangeScope | null)[] = []
      const changed = { publish: (scope: ChangeScope | null) => void heard.push(scope) }
      return { heard, ...stack.use(await connectedChanges({ config, redis, changed, log })) }
    }
    const [here, there] = [await node(), await node()]
    assert.deepEqual(there.heard.splice(0), [null])
    const scopes = [
      { organizationId: 'org-x', projectId: 'proj_1' },
      { organizationId: 'org-x', projectId: null },
    ]
    for (const scope of scopes) here.announce(scope)
    await until(() => there.heard.length >= 2, 'what is heard')
    assert.deepEqual(there.heard.splice(0), scopes)
    // What nobody of us wrote may mean anything.
    for (const text of ['no JSON', '{"organizationId":1}']) server.cli('publish', 'gatehouse:changed', text)
    await until(() => there.heard.length >= 2, 'what is heard')
    assert.deepEqual(there.heard.splice(0), [null, null])
    await server.kill()
    here.announce(scopes[0] ?? null)
    await server.start()
    await until(() => there.heard.length >= 1, 'what is heard')
    assert.deepEqual(there.heard.splice(0), [null])
    while (there.heard.length < 1) {
      here.announce(scopes[1] ?? null)
      await sleep(20)
    }
    assert.deepEqual(there.heard[0], scopes[1])
  })
})
