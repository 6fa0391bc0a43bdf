import { CHAT, openCall, question, replyTo } from '../gateway/gate.ts'
import { until } from '../gateway/upstream.ts'
import { THREADS, type ThreadedGate } from './served.ts'

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

/** Ends a thread, and waits for another in its place. */
export const kill = async (gate: ThreadedGate, thread: number) => {
  const dead = gate.workers[thread]
  await dead?.terminate()
  const back = async () => (await gate.app.metric('gatehouse_threads')) === THREADS
  await until(async () => gate.workers[thread] !== dead && (await back()), 'another thread', 5000)
}
