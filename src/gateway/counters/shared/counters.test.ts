import assert from 'node:assert/strict'
import { countersSuite, ORGANIZATION, PROJECTS } from '../../../../test/gateway/counters-suite.ts'
import { shareMemory } from '../../../../test/gateway/shared-memory.ts'
import type { Counters } from '../counters.ts'

/** Each call comes to another thread, and is settled where it was taken. */
function inTurn(all: readonly Counters[]): Counters {
  let calls = 0
  return { take: (share) => (all[calls++ % all.length] ?? assert.fail()).take(share) }
}

countersSuite(
  'in shared memory',
  async () => {
    using shared = shareMemory({ threads: 3, start: 12_345.678 })
    for (const projectId of PROJECTS) {
      await shared.counters[1]?.load({ organizationId: ORGANIZATION, projectId })
    }
    return { counters: inTurn(shared.counters), time: shared.time, lose() {} }
  },
  200,
)
