import type { CostEntry } from '../../core/price.ts'
import type { UsageEntry } from '../../core/usage-entry.ts'
import type { Usage, UsageSource } from '../../ledger/usage.ts'
import type { Used } from '../use.ts'
import { countsTokensOnly, type UsedCall, usageEntries } from './entries.ts'

/** Sums after which they are handed over at once. */
const MOST = 1000
const MINUTE_MS = 60_000

/** Calls of one key in one minute that differ in nothing but how many tokens they used. */
type Sum = { first: UsedCall; minute: number; used: Used; count: number; costs: CostEntry[] }

/**
 * Calls on their way to the usage: those that are alike become one before their entries are made, so that a call costs a few
 * additions. What is recorded of them is the same.
 */
export class Tally implements UsageSource {
  readonly #usage: Pick<Usage, 'record' | 'wake'>
  #sums = new Map<UsedCall['grant'], Sum[]>()
  #size = 0

  constructor(usage: Pick<Usage, 'record' | 'wake'>) {
    this.#usage = usage
  }

  get waiting(): boolean {
    return this.#size > 0
  }

  /** Counts a call. @param costs its line items */
  add(call: UsedCall, costs: CostEntry[]): void {
    if (!isPlain(call)) {
      this.#usage.record([...usageEntries(call), ...rowsOf(call, costs)])
      return
    }
    const minute = Math.floor(call.at / MINUTE_MS)
    let sums = this.#sums.get(call.grant)
    if (sums === undefined) {
      sums = []
      this.#sums.set(call.grant, sums)
    }
    const alike = sums.find((sum) => sum.minute === minute && areAlike(sum.first, call))
    if (alike !== undefined) {
      addTo(alike, call.used, costs)
      return
    }
    sums.push(sumOf(call, minute, costs))
    if (++this.#size >= MOST) this.handOver()
    else this.#usage.wake()
  }

  /** Records what was counted. */
  handOver(): void {
    if (this.#size === 0) return
    const sums = this.#sums
    this.#sums = new Map()
    this.#size = 0
    for (const some of sums.values()) for (const sum of some) this.#usage.record(entriesOf(sum))
  }
}

/** A call that used nothing but tokens of text; what else there is has entries or rounding of its own. */
function isPlain({ route, used }: UsedCall): boolean {
  const { inputAudioTokens, inputImageTokens, outputAudioTokens, outputImageTokens } = used
  const { webSearchCalls, fileSearchCalls, codeInterpreterSessions } = used
  return (
    countsTokensOnly(route.report) &&
    inputAudioTokens + inputImageTokens + outputAudioTokens + outputImageTokens === 0 &&
    webSearchCalls + fileSearchCalls + codeInterpreterSessions === 0
  )
}

function areAlike(one: UsedCall, other: UsedCall): boolean {
  return (
    one.route.report === other.route.report &&
    one.asked.model === other.asked.model &&
    one.asked.serviceTier === other.asked.serviceTier &&
    one.used.serviceTier === other.used.serviceTier
  )
}

/** Keeps nothing of the request but what its entries are made of. */
function sumOf(call: UsedCall, minute: number, costs: CostEntry[]): Sum {
  const { model, characters, size, serviceTier } = call.asked
  const first = { ...call, asked: { model, characters, size, serviceTier } }
  return { first, minute, used: { ...call.used }, count: 1, costs }
}

function addTo(sum: Sum, used: Used, costs: readonly CostEntry[]): void {
  sum.count++
  sum.used.inputTokens += used.inputTokens
  sum.used.cachedInputTokens += used.cachedInputTokens
  sum.used.outputTokens += used.outputTokens
  for (const cost of costs) {
    const known = sum.costs.find(({ line_item }) => line_item === cost.line_item)
    if (known === undefined) sum.costs.push(cost)
    else {
      known.units += cost.units
      known.amount_nano += cost.amount_nano
    }
  }
}

function entriesOf({ first, used, count, costs }: Sum): UsageEntry[] {
  const entries = usageEntries({ ...first, used })
  for (const entry of entries) entry.num_model_requests = count
  return [...entries, ...rowsOf(first, costs)]
}

/** Costs as rows of the report. */
function rowsOf({ grant, at }: UsedCall, costs: readonly CostEntry[]): UsageEntry[] {
  return costs.map((cost) => ({
    kind: 'costs',
    at: Math.floor(at / 1000),
    organization_id: grant.rules.organizationId,
    project_id: grant.rules.projectId,
    user_id: grant.ownerId,
    api_key_id: grant.keyId,
    ...cost,
  }))
}
