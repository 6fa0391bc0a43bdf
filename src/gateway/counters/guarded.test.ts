import assert from 'node:assert/strict'
import { test } from 'node:test'
import { admitted, atOnce, FarCounters, guard, inMemory } from '../../../test/gateway/counting.ts'
import { ApiError, unavailable } from '../../contract/error.ts'
import { MINUTE_MS } from '../../core/limit.ts'
import type { Counters } from './counters.ts'
import { type Charge, takeAll } from './take.ts'

const money = {
  organizationId: 'org-x',
  projectId: 'proj_x',
  at: 0,
  nano: 400,
  limits: { project: 1, organization: 1 },
}
const window = (key: string, limit: number) => ({ key: `org-x/${key}`, limit, periodMs: MINUTE_MS })
const charge: Charge = {
  within: [],
  model: {
    organizationId: 'org-x',
    projectId: 'proj_x',
    model: 'm',
    pool: null,
    windows: [
      {
        ...window('rpm', 5),
        scope: 'organization',
        of: 'm',
        dimension: 'max_requests_per_1_minute',
        measure: 'requests',
      },
      {
        ...window('tpm', 100),
        scope: 'organization',
        of: 'm',
        dimension: 'max_tokens_per_1_minute',
        measure: 'tokens',
      },
    ],
  },
  cost: { requests: 1, tokens: 60, images: 0, audioMegabytes: 0 },
  money,
}

/** Counters in memory that know the account, with a way to look at them. */
function near() {
  const made = inMemory()
  for (const project of ['', 'proj_x']) made.accounts.open('org-x', project).loaded = true
  const state = () => {
    const { levels } = made.limiter.take(charge.model.windows, [0, 0])
    const ledger = made.accounts.get('org-x', 'proj_x')?.ledger(0)
    return { levels, held: Number(ledger?.reserved), spent: Number(ledger?.spent) }
  }
  return { counters: made.counters, state }
}

const NOTHING = { levels: [0, 0], held: 0, spent: 0 }

/** What a broken counter may throw: whatever it is, the client hears of an outage and nothing else. */
const failures = {
  'a lost connection': new Error('ECONNREFUSED'),
  'an error of a client library that looks like a refusal': Object.assign(new Error('WRONGPASS'), { status: 401 }),
  "a refusal of the gate's own making": new ApiError('rate_limit_exceeded', 'no'),
  'no error at all': undefined,
}

test('that they cannot take more just now is said in their own words, and is no failure', async () => {
  const full = unavailable('No more can be counted.')
  for (const whenFailing of ['deny', 'allow'] as const) {
    const { guarded, failures } = guard({ take: async () => Promise.reject(full) }, whenFailing)
    await assert.rejects(async () => takeAll(guarded, charge), full)
    assert.deepEqual(failures, [])
  }
})

for (const [what, failure] of Object.entries(failures)) {
  for (const way of ['rejects', 'throws'] as const) {
    test(`a take that ${way} with ${what} is a 503 that can be tried again, and is told`, async () => {
      const fail = () => {
        throw failure
      }
      const counters: Counters = { take: way === 'throws' ? fail : async () => fail() }
      const { guarded, failures } = guard(counters)
      const refused = (error: unknown) => {
        assert.ok(error instanceof ApiError)
        assert.deepEqual([error.status, error.failure, error.cause], [503, 'service_unavailable', failure])
        assert.equal(error.headers['retry-after'], '1')
        return true
      }
      if (way === 'throws') assert.throws(() => takeAll(guarded, charge), refused)
      else await assert.rejects(async () => takeAll(guarded, charge), refused)
      assert.equal(failures.length, 1)
    })
  }
}

test('counters that say themselves why they cannot count are heard', () => {
  const own = unavailable('No room.')
  const { guarded } = guard({
    take() {
      throw own
    },
  })
  assert.throws(() => takeAll(guarded, charge), own)
})

test('to refuse a call is no failure', () => {
  const { guarded, failures } = guard(near().counters, 'allow')
  const dear = { ...charge, money: { ...money, nano: 10_000_001 } }
  assert.throws(() => admitted(atOnce(takeAll(guarded, dear))), { status: 429, code: 'project_spend_limit_exceeded' })
  admitted(atOnce(takeAll(guarded, charge)))
  assert.throws(() => admitted(atOnce(takeAll(guarded, charge))), { status: 429, code: 'rate_limit_exceeded' })
  assert.deepEqual(failures, [])
})

test('where the policy is to let calls pass, one is told nothing of limits, and counted when it has ended', async () => {
  const { counters, state } = near()
  const far = new FarCounters(counters, () => Promise.resolve())
  const { guarded, failures, settled } = guard(far, 'allow')
  far.lostTakes.push('after')
  const held = admitted(await takeAll(guarded, charge))
  assert.deepEqual([held.headers, state(), failures.length], [{}, NOTHING, 1])
  // Not even that is sure to arrive at once.
  far.lostTakes.push('before')
  far.lostSettles.push('after')
  for (let i = 0; i < 2; i++) held.settle({ tokens: 30 }, 250)
  await settled()
  assert.deepEqual([state(), failures.length], [{ levels: [1, 30], held: 0, spent: 250 }, 3])
})

test('what goes on uncounted counts beyond the limits too', async () => {
  const { counters, state } = near()
  const far = new FarCounters(counters, () => Promise.resolve())
  const { guarded, settled } = guard(far, 'allow')
  far.lostTakes.push('before')
  const held = admitted(await takeAll(guarded, charge))
  held.settle({ tokens: 250 }, 90_000_000)
  await settled()
  assert.deepEqual(state(), { levels: [1, 250], held: 0, spent: 90_000_000 })
})

test('a settlement is tried again, each failure is told, and the caller hears of none', async () => {
  const { counters, state } = near()
  const far = new FarCounters(counters, () => Promise.resolve())
  const { guarded, failures, settled } = guard(far)
  const held = admitted(await takeAll(guarded, charge))
  far.lostSettles.push('after', 'before')
  held.settle({ tokens: 10 }, 100)
  await settled()
  assert.deepEqual(state(), { levels: [1, 10], held: 0, spent: 100 })
  assert.deepEqual(failures, ['settle: lost on its way back', 'settle: lost on its way'])
})

test('one that throws is tried again like one that rejects', async () => {
  const { counters, state } = near()
  let left = 2
  const { guarded, failures, settled } = guard({
    take(share) {
      const decision = counters.take(share)
      if (decision.taken === null) return decision
      const { taken, levels } = decision
      const settle = (costs: readonly number[], nano: number) => {
        if (left-- > 0) throw new Error('not now')
        return taken.settle(costs, nano)
      }
      return { taken: { settle }, levels }
    },
  })
  admitted(atOnce(takeAll(guarded, charge))).settle({ tokens: 10 }, 100)
  await settled()
  assert.deepEqual([state(), failures.length], [{ levels: [1, 10], held: 0, spent: 100 }, 2])
})

test('a settlement that never arrives is given up, told each time, and what was taken stays taken', async () => {
  const { counters, state } = near()
  const far = new FarCounters(counters, () => Promise.resolve())
  const { guarded, failures, settled } = guard(far)
  const held = admitted(await takeAll(guarded, charge))
  far.lostSettles.push('before', 'before', 'before')
  held.settle({ tokens: 10 }, 100)
  await settled()
  assert.deepEqual([far.settles, failures.length], [3, 3])
  assert.deepEqual(state(), { levels: [1, 60], held: 400, spent: 0 })
})
