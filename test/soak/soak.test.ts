import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Counters } from '../../src/gateway/counters/counters.ts'
import { databases } from '../support/databases.ts'
import { newSeed } from '../support/seeded.ts'
import { soak } from './soak.ts'

const CALLS = 400

describe('what reached the model server is what was metered, reported and spent, and nothing is left reserved', () => {
  for (const database of databases) {
    test(`${database}: after ${CALLS} calls, of which many fail or are left`, async (t) => {
      const seed = newSeed()
      t.diagnostic(`npm run soak -- --seed ${seed}`)
      const { sides, differences } = await soak({ database, seed, until: { calls: CALLS } })
      assert.deepEqual(differences, [], [`seed ${seed}`, ...sides].join('\n'))
    })
  }

  test('a call that gives nothing back is found, and so is one that is settled to less than it used', async () => {
    const losing = (which: 'nothing' | 'less') => (memory: Counters) => broken(memory, which)
    for (const which of ['nothing', 'less'] as const) {
      const { differences } = await soak({ database: 'sqlite', seed: 7, until: { calls: 60 }, broken: losing(which) })
      assert.match(differences.join('\n'), /does not get the|gets more than/, which)
    }
  })
})

/** Counters that settle no call, or each to a token and a nano-dollar's worth less. */
function broken(memory: Counters, which: 'nothing' | 'less'): Counters {
  return {
    take(share) {
      const decision = memory.take(share)
      if (decision instanceof Promise || decision.taken === null) return decision
      const { taken } = decision
      const settle: typeof taken.settle = (costs, nano) =>
        which === 'nothing' ? undefined : taken.settle(costs, Math.max(0, nano - 1000))
      return { ...decision, taken: { settle } }
    },
  }
}
