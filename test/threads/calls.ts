import assert from 'node:assert/strict'
import { CHAT, openCall, question, replyTo } from '../gateway/gate.ts'
import { json, until } from '../gateway/upstream.ts'
import type { ThreadedGate } from './served.ts'

/** A call that asks for a hundred tokens costs ten cents, all of it output. */
export const priced = { m1: { max_output_tokens: 1000, price_per_million: { input: 0, output: 1000 } } }
export const paid = { ...question, max_completion_tokens: 100 }
/** What the money is for. */
export const CALLS = 40
export const usage = { prompt_tokens: 0, completion_tokens: 100, total_tokens: 100 }

/** A call on a connection of its own, so that the system chooses its thread. */
export async function call(gate: ThreadedGate, body: object = question): Promise<number | 'cut'> {
  try {
    const call = openCall(gate, CHAT)
    call.end(JSON.stringify(body))
    const { response, ended } = await replyTo(call)
    return (await ended) === 'complete' ? (response.statusCode ?? 0) : 'cut'
  } catch {
    return 'cut'
  }
}

/** How many of so many calls, some at a time, end with each status. */
export async function flood(gate: ThreadedGate, count: number, body?: object): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  let left = count
  const client = async () => {
    while (left-- > 0) {
      const status = await call(gate, body)
      counts[status] = (counts[status] ?? 0) + 1
    }
  }
  await Promise.all(Array.from({ length: 50 }, client))
  return counts
}

/** Gives the project money for so many calls. */
export const limitMoney = ({ app, projectId }: ThreadedGate) =>
  app.admin().organization.projects.spendLimit.update(projectId, {
    ...{ currency: 'USD', interval: 'month', threshold_amount: CALLS * 10 },
  })

/** How a thread can end, and the reason that is told. */
export const ways: Record<string, { reason: string; end: (gate: ThreadedGate, thread: number) => void }> = {
  'is ended by another': { reason: 'ended', end: (gate, thread) => void gate.workers[thread]?.terminate() },
  'fails in a way that nobody catches': {
    reason: 'error',
    end: (gate, thread) => gate.fail({ thread, what: 'throws' }),
  },
  'has filled its memory': {
    reason: 'memory',
    end: (gate, thread) => gate.fail({ thread, what: 'fills its memory' }),
  },
}

/**
 * Has calls of both threads hold all the money of the project.
 * @returns has them answered, and says how many were cut meanwhile, of a thread that has ended
 */
export async function holdAll(gate: ThreadedGate): Promise<() => Promise<number>> {
  await limitMoney(gate)
  const going = Promise.withResolvers<void>()
  gate.upstream.answer(async (exchange) => {
    await going.promise
    await json({ choices: [], usage })(exchange)
  })
  const running = Array.from({ length: CALLS }, () => call(gate, paid))
  await until(() => gate.upstream.calls.length === CALLS, 'all of it is reserved')
  assert.equal(await call(gate, paid), 429)
  return async () => {
    going.resolve()
    const ended = await Promise.all(running)
    const cut = ended.filter((status) => status === 'cut').length
    assert.equal(ended.filter((status) => status === 200).length, CALLS - cut)
    assert.ok(cut > 0, 'the thread had none of them')
    return cut
  }
}

/** Ends a thread, and waits for another in its place. */
export const kill = async (gate: ThreadedGate, thread: number, end = ways['is ended by another']?.end) => {
  const dead = gate.workers[thread]
  end?.(gate, thread)
  const isBack = () => {
    const now = gate.workers[thread]
    return now !== undefined && now !== dead && gate.listening.has(now)
  }
  await until(isBack, 'another thread', 20_000)
}
