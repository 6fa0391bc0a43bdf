import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { FarCounters, type Loss } from './counting.ts'
import { CHAT, openCall, question } from './gate.ts'
import { LARGE, large, openLedger } from './ledger.ts'
import { EVENTS, event, json, until } from './upstream.ts'

const SLOW_MS = 60
const CHECK = '/check/v1/chat/completions'
const FAILED = 'the counters of limits and money failed'

/** A gate whose counters are at the end of a slow line. */
async function openFar(options: { only?: string } = {}) {
  const lines: string[] = []
  let far: FarCounters | undefined
  const ledger = await openLedger({
    ...options,
    log: (line) => void lines.push(line),
    counters: (memory) => {
      far = new FarCounters(memory, () => sleep(SLOW_MS / 2))
      return far
    },
  })
  assert.ok(far)
  const counters = far
  const { gate } = ledger
  const logged = () => lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === FAILED)
  const failures = (operation: string) => gate.app.metric(`gatehouse_counters_failures_total{operation="${operation}"}`)
  /** Everything that was taken is settled, however often that is tried. */
  const quiet = () =>
    until(
      async () => counters.running === 0 && (await gate.app.metric('gatehouse_calls_settling')) === 0,
      'the settling',
    )
  const balances: typeof ledger.balances = async (...args) => {
    await quiet()
    await ledger.balances(...args)
    await quiet()
  }
  const chat = (body: object = large) => gate.app.send('POST', CHAT, { key: gate.key, body })
  const answers = (output: number) =>
    gate.upstream.answer(json({ choices: [], usage: { prompt_tokens: 1, completion_tokens: output } }))
  const close = () => ledger[Symbol.asyncDispose]()
  return { gate, counters, logged, failures, balances, chat, answers, [Symbol.asyncDispose]: close }
}

test('a slow counter is waited for, and what was taken is settled to what was used after the reply', async () => {
  await using far = await openFar()
  far.answers(100)
  const before = performance.now()
  const replies = await Promise.all([far.chat(), far.chat()])
  assert.ok(performance.now() - before >= SLOW_MS)
  // Either call takes most of the money: one of them has none left.
  assert.deepEqual(replies.map(({ status }) => status).sort(), [200, 429])
  await far.balances(1, 1, 'two at once')
  far.gate.upstream.answer(({ response }) => {
    response.writeHead(200, EVENTS)
    const usage = { prompt_tokens: 1, completion_tokens: 50, total_tokens: 51 }
    response.end(event({ choices: [], usage }) + event('[DONE]'))
  })
  assert.equal((await far.chat({ ...large, stream: true })).status, 200)
  await far.balances(1, 1, 'a stream')
  assert.deepEqual([await far.failures('take'), await far.failures('settle'), far.logged()], [0, 0, []])
})

test('a call that the model server fails, or is never sent, gives everything back through a slow counter', async () => {
  await using far = await openFar()
  far.gate.upstream.answer(json({ error: { message: 'no' } }, 500))
  assert.equal((await far.chat()).status, 500)
  await far.balances(1, 0, 'a failed call')
  const call = openCall(far.gate, CHAT)
  const { takes } = far.counters
  call.end(JSON.stringify(large))
  await until(() => far.counters.takes > takes, 'the take')
  call.destroy()
  await far.balances(1, 0, 'a client that left while its call was taken')
})

for (const loss of ['before', 'after'] satisfies Loss[]) {
  test(`a take that is lost ${loss} it arrived is a 503 at both doors, is logged and counted, and holds nothing`, async () => {
    await using far = await openFar()
    const seen = far.gate.upstream.calls.length
    const all = { key: far.gate.key, body: large }
    for (const path of [CHAT, CHECK]) {
      far.counters.lostTakes.push(loss)
      const { status, body, headers } = await far.gate.app.send('POST', path, all)
      assert.deepEqual([status, body.error.code], [503, 'service_unavailable'])
      assert.deepEqual([headers.get('retry-after'), headers.get('x-ratelimit-limit-requests')], ['1', null])
    }
    assert.equal(far.gate.upstream.calls.length, seen)
    assert.equal(await far.failures('take'), 2)
    assert.deepEqual([far.logged()[0]?.operation, far.logged()[0]?.level], ['take', 50])
    await far.balances(0, 0, 'two lost takes')
    far.answers(0)
    assert.equal((await far.chat({ ...question, max_tokens: 10 })).status, 200)
  })

  test(`a settlement that is lost ${loss} it arrived leaves the reply whole, is logged and counted, and holds nothing`, async () => {
    await using far = await openFar()
    const reply = {
      id: 'x',
      choices: [{ text: 'y'.repeat(100_000) }],
      usage: { prompt_tokens: 1, completion_tokens: 7 },
    }
    far.gate.upstream.answer(json(reply))
    far.counters.lostSettles.push(loss, loss)
    const { status, body } = await far.chat()
    assert.deepEqual([status, body], [200, reply])
    await far.balances(1, 1, 'a lost settlement')
    assert.equal(await far.failures('settle'), 2)
    assert.deepEqual([far.logged()[0]?.operation, far.logged()[0]?.err.message.slice(0, 4)], ['settle', 'lost'])
  })
}

test('a stop waits for what is settled late', async () => {
  let far: FarCounters | undefined
  const ledger = await openLedger({
    counters: (memory) => {
      far = new FarCounters(memory, () => sleep(SLOW_MS))
      return far
    },
  })
  const { gate } = ledger
  gate.upstream.answer(json({ choices: [], usage: { prompt_tokens: 1, completion_tokens: LARGE } }))
  assert.ok(far)
  far.lostSettles.push('before')
  assert.equal((await gate.app.send('POST', CHAT, { key: gate.key, body: large })).status, 200)
  await ledger[Symbol.asyncDispose]()
  assert.deepEqual([far.running, far.settles], [0, 2])
})
