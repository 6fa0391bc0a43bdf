import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Counters, Decision } from '../../../src/gateway/counters/counters.ts'
import type { Money } from '../../../src/gateway/spend/money.ts'
import { databases } from '../../support/databases.ts'
import { connectedRedis, startRedis, withoutRedis } from '../../support/redis.ts'
import { openMoney } from '../money.ts'
import { RedisNode } from './node.ts'

const quiet = { info() {}, warn() {} }
const cents = (amount: number) => amount * 10_000_000
const LIMIT = 300

/** The decision; null where there is none. */
async function take(counters: Counters, money: Money): Promise<Decision | null> {
  try {
    return await counters.take({ windows: [], costs: [], money })
  } catch {
    return null
  }
}

describe('money in Redis', { skip: withoutRedis }, () => {
  for (const database of databases) {
    for (const event of ['nothing happens', 'Redis loses everything', 'Redis is killed'] as const) {
      test(`${database}: three nodes spend all of a hard limit and no more, while ${event}`, async (t) => {
        await using money = await openMoney(database, Date.now())
        await using server = await startRedis()
        await using stack = new AsyncDisposableStack()
        const organizationId = await money.organization()
        const projectId = await money.project(organizationId)
        const connect = async () => stack.use(await connectedRedis({ config: server.config, log: quiet }))
        const now = () => money.now
        // So long that a machine which stands still for a while takes nobody's turn to say what it holds.
        const options = { gatherMs: 2000, beatMs: 50, denyMs: 0 }
        const nodes = await Promise.all(
          [1, 2, 3].map(async () => stack.use(new RedisNode(await connect(), 'test', money.db, now, options))),
        )
        const ask = (nano: number) => ({
          ...{ organizationId, projectId, nano, at: money.now },
          limits: { project: LIMIT, organization: null },
        })
        let [spent, let_in, refused, failed] = [0, 0, 0, 0]
        let isOver = false
        const client = async (node: RedisNode) => {
          while (!isOver) {
            const one = ask(cents(randomInt(1, 5)))
            const decision = await take(node.counters, one)
            if (decision === null) {
              failed++
              await sleep(20)
            } else if (decision.taken === null) {
              refused++
              await sleep(20)
            } else {
              let_in++
              await sleep(randomInt(40))
              const cost = Math.floor(one.nano / randomInt(1, 4))
              spent += cost
              await node.settle(decision.taken, one, cost)
            }
          }
        }
        const clients = nodes.flatMap((node) => Array.from({ length: 6 }, () => client(node)))
        const losing = (async () => {
          for (let i = 0; i < 3 && event !== 'nothing happens'; i++) {
            await sleep(250)
            if (event === 'Redis loses everything') server.cli('FLUSHALL')
            else {
              await server.kill()
              await sleep(200)
              await server.start()
            }
          }
          await sleep(event === 'nothing happens' ? 0 : 1000)
        })()
        while (spent < cents(LIMIT - 8)) await sleep(10)
        await losing
        isOver = true
        await Promise.all(clients)
        t.diagnostic(
          `let in ${let_in}, refused ${refused}, without an answer ${failed}, over the limit ${Math.max(0, spent - cents(LIMIT))}`,
        )
        assert.ok(spent <= cents(LIMIT), `${spent} of ${cents(LIMIT)}`)
        if (event !== 'Redis is killed') assert.equal(failed, 0)
        // To the nano-dollar, and nothing is left reserved.
        const left = cents(LIMIT) - spent
        const [node] = nodes
        const fits = async (nano: number) =>
          (await node?.counters.take({ windows: [], costs: [], money: ask(nano) }))?.taken ?? null
        assert.equal(await fits(left + 1), null)
        if (left > 0) await (await fits(left))?.settle([], 0)
        else assert.equal(await fits(0), null)
        for (const one of nodes) await one[Symbol.asyncDispose]()
        assert.equal(
          (await money.totals(organizationId, [projectId], new Date(money.now).toISOString().slice(0, 7)))[0],
          BigInt(spent),
        )
      })
    }
  }
})
