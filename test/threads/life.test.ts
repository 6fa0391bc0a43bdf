import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CHAT, openCall, question, replyTo } from '../gateway/gate.ts'
import { EVENTS, event, json, until } from '../gateway/upstream.ts'
import { Wire } from '../gateway/wire.ts'
import { call, ways } from './calls.ts'
import { startThreads, THREADS, type ThreadedGate } from './served.ts'

const ENDED = /a thread that serves has ended/

/** Clients that call without a pause until they are told to stop. */
function traffic(gate: ThreadedGate) {
  const outcomes = new Map<number | 'cut', number>()
  let stopped = false
  const clients = Array.from({ length: 12 }, async () => {
    while (!stopped) {
      const what = await call(gate)
      outcomes.set(what, (outcomes.get(what) ?? 0) + 1)
    }
  })
  return async () => {
    stopped = true
    await Promise.all(clients)
    return outcomes
  }
}

for (const [how, { reason, end }] of Object.entries(ways)) {
  test(`a thread that ${how} is replaced; the other goes on, and no call is refused for it`, async (t) => {
    await using gate = await startThreads()
    gate.upstream.answer(json({ choices: [] }))
    const stop = traffic(gate)
    await until(() => gate.upstream.calls.length > 50, 'traffic')
    const dead = gate.workers[1]
    end(gate, 1)
    const told = () => gate.log.filter(({ msg }) => ENDED.test(String(msg)))
    await until(() => told().length > 0, 'a word about it')
    const [at, calls] = [performance.now(), gate.upstream.calls.length]
    await until(() => gate.upstream.calls.length > calls + 20, 'calls through the other thread')
    const back = async () => (await gate.app.metric('gatehouse_threads')) === THREADS
    await until(async () => gate.workers[1] !== dead && (await back()), 'another thread')
    t.diagnostic(`another was there after ${Math.round(performance.now() - at)} ms`)
    const outcomes = await stop()
    t.diagnostic(JSON.stringify(Object.fromEntries(outcomes)))
    assert.deepEqual(
      [...outcomes.keys()].filter((what) => what !== 200 && what !== 'cut'),
      [],
    )
    assert.equal(told().length, 1)
    assert.deepEqual([told()[0]?.thread, told()[0]?.reason], [1, reason])
    assert.equal(await gate.app.metric(`gatehouse_threads_ended_total{reason="${reason}"}`), 1)
    assert.equal(await call(gate), 200)
  })
}

test('a stop lets streams of all threads come to their end, what they used is written, and nobody is let in meanwhile', async () => {
  const gate = await startThreads()
  const open = Promise.withResolvers<void>()
  gate.upstream.answer(async ({ response }) => {
    response.writeHead(200, EVENTS)
    response.write(event({ n: 1 }))
    await open.promise
    response.end(event('[DONE]'))
  })
  const streams = await Promise.all(
    Array.from({ length: 16 }, async () => {
      const call = openCall(gate, CHAT)
      call.end(JSON.stringify({ ...question, stream: true }))
      return await replyTo(call)
    }),
  )
  let stopped = false
  const stopping = gate.app[Symbol.asyncDispose]().then(() => {
    stopped = true
  })
  const refused = () =>
    Wire.open(gate.app.url).then(
      (wire) => void wire[Symbol.dispose](),
      () => true,
    )
  await until(refused, 'nobody is let in any more')
  assert.equal(stopped, false)
  open.resolve()
  assert.deepEqual(new Set(await Promise.all(streams.map(({ ended }) => ended))), new Set(['complete']))
  await until(() => stopped, 'the end of the server')
  await stopping
  assert.ok(gate.log.some(({ msg, in_flight }) => /finished first/.test(String(msg)) && in_flight === 16))
  assert.ok(!gate.log.some(({ msg }) => ENDED.test(String(msg)) || /usage is lost/.test(String(msg))))
  await gate[Symbol.asyncDispose]()
})

test('a stream that does not end is cut in every thread when its time is over', async () => {
  const gate = await startThreads({ m1: {} }, { drain_seconds: 0.5 })
  gate.upstream.answer(({ response }) => void response.writeHead(200, EVENTS).write(event({ n: 1 })))
  const streams = await Promise.all(
    Array.from({ length: 16 }, async () => {
      const call = openCall(gate, CHAT)
      call.end(JSON.stringify({ ...question, stream: true }))
      return await replyTo(call)
    }),
  )
  await gate[Symbol.asyncDispose]()
  assert.deepEqual(new Set(await Promise.all(streams.map(({ ended }) => ended))), new Set(['broken']))
})
