import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CHAT, openCall, question, replyTo, startEcho, startGate, type TestGate } from './gate.ts'
import { EVENTS, event, until } from './upstream.ts'

/** After whatever happened, the gate serves the next call. */
async function servesOn(gate: TestGate) {
  gate.upstream.answer(({ response }) => response.end('{}'))
  assert.equal((await gate.app.send('POST', CHAT, { key: gate.key, body: question })).status, 200)
}

test('a client that leaves before the reply begins cancels the call to the model server', async () => {
  await using gate = await startGate()
  gate.upstream.answer(() => {})
  const call = openCall(gate, CHAT)
  call.end(JSON.stringify(question))
  const seen = await gate.upstream.call()
  await seen.whole
  call.destroy()
  await until(() => seen.cancelled, 'the cancelled call')
  await servesOn(gate)
})

test('a client that leaves in the middle of a stream cancels the call to the model server', async () => {
  await using gate = await startGate()
  gate.upstream.answer(({ response }) => {
    response.writeHead(200, EVENTS)
    response.write(event({ n: 1 }))
  })
  const call = openCall(gate, CHAT)
  call.end(JSON.stringify(question))
  const { chunks } = await replyTo(call)
  await until(() => chunks.length > 0, 'the first event')
  const seen = await gate.upstream.call()
  assert.equal(seen.cancelled, false)
  call.destroy()
  await until(() => seen.cancelled, 'the cancelled call')
  await servesOn(gate)
})

test('the official SDK that stops iterating a stream cancels the call to the model server', async () => {
  await using gate = await startGate()
  gate.upstream.answer(async ({ response }) => {
    response.writeHead(200, EVENTS)
    response.write(event({ id: 'x', object: 'chat.completion.chunk', choices: [] }))
  })
  const stream = await gate.app.client(gate.key).chat.completions.create({ ...question, stream: true })
  for await (const _chunk of stream) break
  const seen = await gate.upstream.call()
  await until(() => seen.cancelled, 'the cancelled call')
})

for (const announced of [true, false]) {
  const how = announced ? 'a request of announced length' : 'a request in chunks'
  test(`a client that leaves in the middle of ${how} is heard of by no model server`, async () => {
    await using gate = await startGate()
    const call = openCall(gate, CHAT, { headers: announced ? { 'content-length': '1000' } : {} })
    call.write('{"model":"m1",')
    await until(async () => (await gate.app.metric('gatehouse_requests_in_flight')) === 2, 'the call')
    call.destroy()
    await until(async () => (await gate.app.metric('gatehouse_requests_in_flight')) === 1, 'its end')
    assert.equal(gate.upstream.calls.length, 0)
    await servesOn(gate)
  })
}

test('a client that leaves while the model server refuses to stop leaves nothing running', async () => {
  await using gate = await startGate()
  gate.upstream.answer(async ({ response }) => {
    response.writeHead(200, EVENTS)
    while (!response.destroyed) {
      response.write(event('x'.repeat(1000)))
      await new Promise(setImmediate)
    }
  })
  const calls = Array.from({ length: 20 }, () => {
    const call = openCall(gate, CHAT)
    call.end(JSON.stringify(question))
    return call
  })
  await Promise.all(calls.map(replyTo))
  for (const call of calls) call.destroy()
  await until(() => gate.upstream.calls.every(({ cancelled }) => cancelled), '20 cancelled calls')
  // One is the request for the metrics itself.
  await until(async () => (await gate.app.metric('gatehouse_requests_in_flight')) === 1, 'nothing in flight')
})

test("a client that leaves in the middle of its request is nobody's failure: nothing of it is logged as one", async () => {
  for (const start of [startGate, startEcho]) {
    const lines: string[] = []
    await using gate = await start({ log: (line) => lines.push(line) })
    for (const headers of [{ 'content-length': '1000' }, { 'transfer-encoding': 'chunked' }]) {
      const call = openCall(gate, CHAT, { headers })
      call.write('{"model":"echo",')
      await until(async () => (await gate.app.metric('gatehouse_requests_in_flight')) === 2, 'the call')
      call.destroy()
      await until(async () => (await gate.app.metric('gatehouse_requests_in_flight')) === 1, 'its end')
    }
    // pino's numbers: 40 is a warning, 50 an error.
    const complaints = lines
      .map((line) => JSON.parse(line))
      .filter(({ level, request_id }) => level >= 40 && request_id)
    assert.deepEqual(complaints, [])
  }
})
