import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { CHAT, openCall, replyTo, startGate } from './gate.ts'
import { EVENTS, event, until } from './upstream.ts'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

/** Of the heap, once everything is collected that nobody holds. */
async function heap(): Promise<number> {
  for (let i = 0; i < 5; i++) {
    collect()
    await new Promise(setImmediate)
  }
  return process.memoryUsage().heapUsed
}

test('while a long reply streams, nothing is held any more of the body that asked for it', async () => {
  await using gate = await startGate()
  gate.upstream.answer(async (call) => {
    await call.whole
    call.response.writeHead(200, EVENTS).write(event({ choices: [{ delta: { content: 'a' } }] }))
    // It goes on for as long as the client listens. What the fake itself was sent is not the gate's.
    call.chunks.length = 0
  })
  const message = Buffer.from(`{"role":"user","content":"${'x'.repeat(2000)}"},`)
  const head = Buffer.from('{"model":"m1","stream":true,"messages":[')
  const body = Buffer.concat([head, ...Array.from({ length: 4000 }, () => message), Buffer.from('{}]}')])
  const before = await heap()
  const calls = await Promise.all(
    Array.from({ length: 3 }, async () => {
      const call = openCall(gate, CHAT, { headers: { 'content-length': body.length } })
      call.end(body)
      const reply = await replyTo(call)
      await until(() => reply.chunks.length > 0, 'the first event')
      return { call, reply }
    }),
  )
  try {
    const held = (await heap()) - before
    assert.ok(held < 8_000_000, `${Math.round(held / 1e6)} MB are held of three bodies of 8 MB`)
  } finally {
    for (const { call } of calls) call.destroy()
  }
})
