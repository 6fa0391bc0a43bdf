import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { test } from 'node:test'
import { CHAT, openCall, question, replyTo, startGate } from './gate.ts'
import { EVENTS, event, until } from './upstream.ts'
import { Wire } from './wire.ts'

test('a server that is told to stop takes no new calls and lets the running ones end', async () => {
  await using gate = await startGate()
  const rest = Promise.withResolvers<void>()
  gate.upstream.answer(async ({ response }) => {
    response.writeHead(200, EVENTS)
    response.write(event({ n: 1 }))
    await rest.promise
    response.end(event('[DONE]'))
  })
  using agent = keepAlive()
  const call = openCall(gate, CHAT, { agent: agent.agent })
  call.end(JSON.stringify(question))
  const { chunks, ended } = await replyTo(call)
  using idle = await Wire.open(gate.app.url)
  await idle.send(`GET /healthz HTTP/1.1\r\nhost: gate\r\n\r\n`)
  assert.equal((await idle.reply()).status, 200)

  let stopped = false
  const stopping = gate.app[Symbol.asyncDispose]().then(() => {
    stopped = true
  })
  await until(() => idle.ended, 'the end of the idle connection')
  await assert.rejects(Wire.open(gate.app.url))
  assert.equal(stopped, false)
  rest.resolve()
  assert.equal(await ended, 'complete')
  assert.equal(Buffer.concat(chunks).toString(), event({ n: 1 }) + event('[DONE]'))
  // A client that would keep its connection for more does not keep the server up.
  await until(() => stopped, 'the end of the server', 5000)
  await stopping
})

function keepAlive() {
  const agent = new Agent({ keepAlive: true })
  return { agent, [Symbol.dispose]: () => agent.destroy() }
}
