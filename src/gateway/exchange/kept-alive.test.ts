import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { answer } from '../answer.ts'
import { envelopesOf } from '../envelopes/envelopes.ts'
import { KeptAlive } from './kept-alive.ts'

test('a stream that has been silent for long when its call is refused in the same turn of the loop is not begun any more', async () => {
  let comments = 0
  await using server = createServer((_request, response) => {
    new KeptAlive({
      response,
      everyMs: 20,
      headers: {},
      envelopes: envelopesOf('openai', ''),
      isShaped: false,
      begun: () => comments++,
    })
    // This holds up the loop until both others have their time, one after the other in the same turn.
    setTimeout(() => {
      const until = performance.now() + 40
      while (performance.now() < until);
    }, 1)
    setTimeout(() => answer(response, 504, {}, { error: 'late' }), 5)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const reply = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  assert.deepEqual([reply.status, await reply.json()], [504, { error: 'late' }])
  assert.equal(comments, 0)
})
