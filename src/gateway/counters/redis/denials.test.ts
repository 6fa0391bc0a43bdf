import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MINUTE_MS } from '../../../core/limit.ts'
import type { Decision, Share } from '../counters.ts'
import { Denials } from './denials.ts'
import { RedisTaken } from './taken.ts'

const windows = [
  { key: 'org-x/a', limit: 60, periodMs: MINUTE_MS },
  { key: 'org-x/b', limit: 6_000_000, periodMs: MINUTE_MS },
]
const money = (nano: number, project = 5) => ({
  ...{ organizationId: 'org-x', projectId: 'proj_x', at: 0, nano },
  limits: { project, organization: null },
})
const share = (costs: number[], nano?: number): Share => ({
  windows,
  costs,
  money: nano === undefined ? null : money(nano),
})

function after(refused: Share, decision: Decision, forMs = 100): Denials {
  const denials = new Denials(forMs)
  denials.see(new RedisTaken('1', refused, [], null, async () => {}), decision)
  return denials
}

test('a call like one that limits refused a moment ago is refused as that was, a smaller one is asked for', (t) => {
  const clock = t.mock.method(performance, 'now', () => 1000)
  const denials = after(share([1, 40_000]), { taken: null, levels: [0, 5_970_000], paces: [60, 6_000_000] })
  const again = denials.find(share([1, 40_000]))
  assert.deepEqual(again, { taken: null, levels: [0, 5_970_000], paces: [60, 6_000_000] })
  assert.equal(denials.find(share([1, 30_000])), null)
  assert.equal(denials.find({ ...share([1, 40_000]), windows: [...windows] }), null)
  // What drains is reckoned with: 100,000 in a second, so after 90 ms 9,000 have.
  clock.mock.mockImplementation(() => 1090)
  assert.equal(denials.find(share([1, 39_000])), null)
  assert.deepEqual(denials.find(share([1, 40_000])), { taken: null, levels: [0, 5_961_000], paces: [60, 6_000_000] })
  clock.mock.mockImplementation(() => 1100)
  assert.equal(denials.find(share([1, 40_000])), null)
})

test('a call that lacks money again is refused as that was, unless it is smaller or a limit was changed', (t) => {
  const clock = t.mock.method(performance, 'now', () => 1000)
  const short = { taken: null, short: { of: 'project' as const, isSpent: false } }
  const denials = after(share([1, 1], 400), short)
  assert.deepEqual(denials.find(share([1, 1], 400)), short)
  assert.deepEqual(denials.find(share([1, 1], 500)), short)
  assert.equal(denials.find(share([1, 1], 399)), null)
  assert.equal(denials.find(share([1, 1])), null)
  assert.equal(denials.find({ ...share([1, 1]), money: money(400, 6) }), null)
  clock.mock.mockImplementation(() => 1100)
  assert.equal(denials.find(share([1, 1], 400)), null)
})

test('where all is spent no call is smaller', (t) => {
  t.mock.method(performance, 'now', () => 1000)
  const short = { taken: null, short: { of: 'organization' as const, isSpent: true } }
  assert.deepEqual(after(share([1, 1], 400), short).find(share([1, 1], 0)), short)
})

test('for no time nothing is remembered', () => {
  const denials = after(share([1, 1]), { taken: null, levels: [60, 0], paces: [60, 6_000_000] }, 0)
  assert.equal(denials.find(share([1, 1])), null)
})
