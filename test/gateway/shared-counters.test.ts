import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CALLS, COST, LEAST, MOST, shareThreads, type Work } from './shared-threads.ts'

const CENT = 10_000_000

for (const threads of [2, 4]) {
  test(`of a limit of 100 calls, ${threads} threads that hammer it let in 100`, async (t) => {
    await using shared = shareThreads(threads)
    const work: Work = { kind: 'hold', calls: 3000, limits: { window: 100 * COST, cents: null } }
    const all = await Promise.all(Array.from({ length: threads }, (_, i) => shared.start(i, work)))
    for (const one of all) one.go()
    await Promise.all(all.map((one) => one.done()))
    t.diagnostic(`admitted ${shared.sum(CALLS)} of 100`)
    assert.equal(shared.sum(CALLS), 100)
  })

  test(`${threads} threads spend nothing over a hard limit, and what they settle is counted exactly`, async (t) => {
    await using shared = shareThreads(threads)
    const before = CENT - 2005
    await shared.spend(before)
    const work: Work = { kind: 'settle', calls: 3000, limits: { window: 1e9, cents: 1 } }
    const all = await Promise.all(Array.from({ length: threads }, (_, i) => shared.start(i, work)))
    for (const one of all) one.go()
    await Promise.all(all.map((one) => one.done()))
    const { spent, reserved } = shared.state()
    t.diagnostic(`${spent - CENT} nano-dollars over the limit`)
    assert.deepEqual([spent, reserved], [before + shared.sum(LEAST), 0])
    assert.ok(spent <= CENT && spent > CENT - COST, `${spent}`)
    assert.equal(shared.sum(LEAST), shared.sum(MOST))
  })
}
