import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectedRedis, startRedis, withoutRedis } from '../../support/redis.ts'

test('a process that is held up itself does not take Redis for slow: the answer is there, and is read', {
  skip: withoutRedis,
}, async () => {
  await using server = await startRedis()
  const log = { info() {}, warn() {} }
  await using redis = await connectedRedis({
    config: { ...server.config, down: 'deny', localShare: 1 },
    log,
    timeoutMs: 50,
  })
  for (let i = 0; i < 5; i++) {
    const answer = redis.send('x', ['PING'])
    // What was sent is with the system by then.
    await new Promise(setImmediate)
    const until = performance.now() + 200
    while (performance.now() < until);
    assert.equal(String(await answer), 'PONG')
  }
})
