import assert from 'node:assert/strict'
import fc from 'fast-check'
import { drained, MINUTE_MS } from '../../src/core/limit.ts'

/** A call of a window that is played: what it takes, what it really uses, and with which later step that becomes known. */
export type Step = { afterMs: number; cost: number; share: number; settleAfter: number }

export const step: fc.Arbitrary<Step> = fc.record({
  afterMs: fc.oneof(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 0, max: 90_000 })),
  cost: fc.integer({ min: 1, max: 60 }),
  share: fc.double({ min: 0, max: 1, noNaN: true }),
  settleAfter: fc.integer({ min: 0, max: 8 }),
})

/** A window's limit a minute, and the calls that are played against it. */
export const played = fc.record({ limit: fc.integer({ min: 1, max: 100 }), steps: fc.array(step, { maxLength: 60 }) })

/** What was let in: when, what it really used, and the level that was said then. */
export type Let = { at: number; actual: number; level: number }

/** That over any time no more was let in than the limit and what drained in that time. */
export function neverOver(limit: number, calls: readonly Let[]): void {
  for (let from = 0; from < calls.length; from++) {
    let sum = 0
    for (const { at, actual } of calls.slice(from)) {
      sum += actual
      const most = limit + (limit * (at - (calls[from]?.at ?? 0))) / MINUTE_MS
      assert.ok(sum <= most + 1e-6, `${sum} of ${most}`)
    }
  }
}

/** That no level was below that of an exact bucket which knew all costs from the start. @param level at the end, `now` */
export function neverBelowExact(limit: number, calls: readonly Let[], level: number, now: number): void {
  let [exact, at] = [0, 0]
  for (const call of calls) {
    exact = drained(exact, call.at - at, limit, MINUTE_MS) + call.actual
    at = call.at
    assert.ok(exact <= limit + 1e-6 && exact <= call.level + 1e-6, `${exact}, ${call.level} of ${limit}`)
  }
  assert.ok(drained(exact, now - at, limit, MINUTE_MS) <= level + 1e-6)
}
