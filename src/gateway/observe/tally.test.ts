import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { asks } from '../../../test/gateway/asked.ts'
import type { CostEntry } from '../../core/price.ts'
import type { UsageEntry } from '../../core/usage-entry.ts'
import { UsageBuffer } from '../../ledger/usage-buffer.ts'
import { routes } from '../routes/table.ts'
import { NOTHING_USED } from '../use.ts'
import { type UsedCall, usageEntries } from './entries.ts'
import { Tally } from './tally.ts'

const rules = { organizationId: 'org-a', projectId: 'proj_a' }
const grants = ['key_a', 'key_b'].map((keyId) => ({ keyId, ownerId: 'svc_acct_a', rules }))
const count = fc.nat(1000)

const calls = fc.record({
  grant: fc.constantFrom(...grants),
  route: fc.constantFrom(
    routes['chat.completions.create'],
    routes['embeddings.create'],
    routes['images.generate'],
    routes['audio.speech.create'],
  ),
  at: fc.integer({ min: 0, max: 200_000 }),
  asked: fc.constantFrom(asks({ serviceTier: null }), asks({ serviceTier: 'flex', characters: 7, size: '1024x1024' })),
  used: fc.record({
    inputTokens: count,
    outputTokens: count,
    inputAudioTokens: fc.constantFrom(0, 0, 3),
    webSearchCalls: fc.constantFrom(0, 0, 2),
    images: fc.constantFrom(0, 1),
  }),
  cost: count,
})

/** What would be written, whatever it was made of. */
function sums(entries: readonly UsageEntry[]): UsageEntry[] {
  const buffer = new UsageBuffer()
  for (const entry of entries) assert.equal(buffer.add(entry, 1000), 'added')
  const rows = buffer.take(Number.POSITIVE_INFINITY).map(({ entry }) => entry)
  const written = (row: UsageEntry) => JSON.stringify(Object.entries(row).sort())
  return rows.sort((a, b) => (written(a) < written(b) ? -1 : 1))
}

test('what is recorded of calls that were summed up is what would have been recorded of each', () => {
  fc.assert(
    fc.property(fc.array(calls, { maxLength: 60 }), (all) => {
      const recorded: UsageEntry[] = []
      const expected: UsageEntry[] = []
      const tally = new Tally({ record: (entries) => void recorded.push(...entries), wake() {} })
      for (const { cost, ...one } of all) {
        const call: UsedCall = { ...one, used: { ...NOTHING_USED, ...one.used } }
        const costs = (): CostEntry[] => [
          { line_item: 'm1, input_tokens', quantity_unit: 'tokens', units: one.used.inputTokens, amount_nano: cost },
        ]
        tally.add(call, costs())
        const { grant, at } = call
        const whose = {
          organization_id: 'org-a',
          project_id: 'proj_a',
          user_id: grant.ownerId,
          api_key_id: grant.keyId,
        }
        const paid = costs().map((item) => ({ ...whose, ...item, kind: 'costs' as const, at: Math.floor(at / 1000) }))
        expected.push(...usageEntries(call), ...paid)
      }
      tally.handOver()
      assert.deepEqual(sums(recorded), sums(expected))
      // Nothing is told twice.
      const told = recorded.length
      tally.handOver()
      assert.equal(recorded.length, told)
    }),
  )
})
