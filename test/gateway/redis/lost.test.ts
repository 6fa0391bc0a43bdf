import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openRedis } from '../../../src/redis/connection.ts'
import { databases } from '../../support/databases.ts'
import { startRedis, withoutRedis } from '../../support/redis.ts'
import { openMoney } from '../money.ts'
import { RedisNode } from './node.ts'

const quiet = { info() {}, warn() {} }
const cents = (amount: number) => amount * 10_000_000
const LIMIT = 300

describe('money in Redis', { skip: withoutRedis }, () => {
  for (const database of databases) {
    for (const lost of ['nothing', 'everything'] as const) {
      test(`${database}: three nodes spend all of a hard limit and no more, while Redis loses ${lost}`, async (t) => {
        await using money = await openMoney(database, Date.now())
        await using server = await startRedis()
        await using stack = new AsyncDisposableStack()
        const organizationId = await money.organization()
        const projectId = await money.project(organizationId)
        const connect = async () => stack.use(await openRedis({ config: server.config, log: quiet }))
        const now = () => money.now
        const options = { gatherMs: 400, beatMs: 50 }
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
            const decision = await node.counters.take({ windows: [], costs: [], money: one }).catch(() => null)
            if (decision === null) failed++
            else if (decision.taken === null) {
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
          for (let i = 0; i < 4 && lost === 'everything'; i++) {
            await sleep(250)
            server.cli('FLUSHALL')
          }
          await sleep(lost === 'everything' ? 1000 : 0)
        })()
        while (spent < cents(LIMIT - 8)) await sleep(10)
        await losing
        isOver = true
        await Promise.all(clients)
        t.diagnostic(
          `let in ${let_in}, refused ${refused}, without an answer ${failed}, over the limit ${Math.max(0, spent - cents(LIMIT))}`,
        )
        assert.ok(spent <= cents(LIMIT), `${spent} of ${cents(LIMIT)}`)
        assert.equal(failed, 0)
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
