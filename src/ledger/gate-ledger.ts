import type { LastUsed } from './last-used.ts'
import type { RefusedByLimits } from './limit-refusals.ts'
import type { Owners } from './owners.ts'
import type { Refusals } from './refusals.ts'
import type { Usage } from './usage.ts'

/** What of the ledger a gate uses: the ledger itself where it is in the same thread, and else what stands for it there. */
export type GateLedger = {
  usage: Pick<Usage, 'record' | 'takeFrom' | 'wake'>
  owners: Pick<Owners, 'claim' | 'end' | 'find' | 'keep' | 'list'>
  lastUsed: Pick<LastUsed, 'touch'>
  refusals: Pick<Refusals, 'isNews' | 'record'>
  refusedByLimits: Pick<RefusedByLimits, 'count'>
}
