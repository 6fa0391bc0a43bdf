import assert from 'node:assert/strict'
import { test } from 'node:test'
import { json, until } from '../gateway/upstream.ts'
import { CALLS, call, flood, limitMoney, paid, priced, usage } from './calls.ts'
import { startThreads, THREADS, type ThreadedGate } from './served.ts'

const ways: Record<string, (gate: ThreadedGate) => void> = {
  'is ended by another': (gate) => void gate.workers[1]?.terminate(),
  'fails in a way that nobody catches': (gate) => gate.fail({ thread: 1, what: 'throws' }),
  'has filled its memory': (gate) => gate.fail({ thread: 1, what: 'fills its memory' }),
}

for (const [how, end] of Object.entries(ways)) {
  test(`what the calls of a thread that ${how} had reserved is there again with the next thread, and not more than once`, async (t) => {
    await using gate = await startThreads(priced)
    await limitMoney(gate)
    const going = Promise.withResolvers<void>()
    gate.upstream.answer(async (exchange) => {
      await going.promise
      await json({ choices: [], usage })(exchange)
    })
    const running = Array.from({ length: CALLS }, () => call(gate, paid))
    await until(() => gate.upstream.calls.length === CALLS, 'all of it is reserved')
    assert.equal(await call(gate, paid), 429)
    const dead = gate.workers[1]
    end(gate)
    const back = async () => (await gate.app.metric('gatehouse_threads')) === THREADS
    await until(async () => gate.workers[1] !== dead && (await back()), 'another thread', 20_000)
    going.resolve()
    const ended = await Promise.all(running)
    const cut = ended.filter((status) => status === 'cut').length
    assert.equal(ended.filter((status) => status === 200).length, CALLS - cut)
    assert.ok(cut > 0, 'the thread had none of them')
    const again = await flood(gate, 2 * CALLS, paid)
    t.diagnostic(`${cut} of ${CALLS} calls were cut, and as many could be made again`)
    assert.deepEqual(again, { 200: cut, 429: 2 * CALLS - cut })
  })
}
