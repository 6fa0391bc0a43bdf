import assert from 'node:assert/strict'
import type { ApiError } from '../../contract/error.ts'
import { mostOwed } from '../../core/limit.ts'
import { limitHeaders } from '../limits/headers.ts'
import { limitReached } from '../limits/limit-reached.ts'
import type { GovernedWindow, Measure, ModelWindows } from '../limits/windows.ts'
import type { Money } from '../spend/money.ts'
import { overLimit } from '../spend/over-limit.ts'
import type { Decision, Share, Taken } from './counters.ts'
import type { GuardedCounters } from './guarded.ts'
import { refusedBy, withRequestsOf } from './within.ts'

/** What a call is charged with: whole numbers, but for audio; each at least 0. */
export type Cost = Record<Measure, number>

/** What a call is to take, and of whom. */
export type Charge = {
  model: ModelWindows
  /** Of models that run within the call: a request of each, and all or nothing with the rest. */
  within: readonly ModelWindows[]
  cost: Cost
  /** Null: nobody can be charged. */
  money: Money | null
}

/** What a call was let in with. */
export interface Admission {
  /** `x-ratelimit-*`, for the reply; none where nobody could count. */
  headers: Readonly<Record<string, string>>
  /**
   * Corrects what was taken to what the call really used, once; what is left out stays as it was taken. A call that failed
   * gives back all but its request: `settle({ tokens: 0, images: 0, audioMegabytes: 0 }, 0)`.
   * @param nano what it did cost, in nano-dollars, a whole number
   * @returns tokens of it that no window of its limits can owe, whatever was used before
   */
  settle: (actual: Partial<Omit<Cost, 'requests'>>, nano: number) => number
}

const unlimited: Admission = { headers: Object.freeze(limitHeaders([], [])), settle: () => 0 }

/**
 * Takes a call's share of all of its limits and sets its money aside, or takes nothing.
 * @returns what it was let in with, or a 429 in the original's words where there is no room
 * @throws ApiError 503 where it cannot be counted
 */
export function takeAll(
  counters: GuardedCounters,
  charge: Charge,
): Admission | ApiError | Promise<Admission | ApiError> {
  const { model, within, cost, money } = charge
  if (model.windows.length === 0 && within.length === 0 && money === null) return unlimited
  const costs: number[] = []
  for (const { measure } of model.windows) {
    const one = cost[measure]
    // An amount that is none would stay in the counters for good.
    assert.ok(one >= 0 && one < Number.POSITIVE_INFINITY, `no amount of ${measure}`)
    costs.push(one)
  }
  const own = { windows: model.windows, costs }
  const { windows, costs: all } = within.length === 0 ? own : withRequestsOf(within, own)
  const share = { windows, costs: all, money }
  if (windows.length === 0 && money === null) return unlimited
  const decision = counters.take(share)
  if (decision instanceof Promise) return decision.then((decided) => conclude(counters, charge, share, decided))
  return conclude(counters, charge, share, decision)
}

type Governed = Share & { windows: readonly GovernedWindow[] }

function conclude(
  counters: GuardedCounters,
  charge: Charge,
  share: Governed,
  decision: Decision | null,
): Admission | ApiError {
  const { model, within, money } = charge
  if (decision === null) return new Uncounted(counters, share.windows, share)
  if (decision.taken !== null) return new Counted(counters, charge, share, decision.taken, decision.levels)
  if (!('short' in decision)) {
    if (within.length === 0) return limitReached(model, share.costs, decision.levels, decision.paces)
    return refusedBy(new Set([model, ...within]), share, decision)
  }
  assert.ok(money !== null, 'a call that costs nothing lacks money')
  return overLimit(money, decision.short)
}

class Counted implements Admission {
  readonly headers: Record<string, string>
  readonly #counters: GuardedCounters
  readonly #windows: readonly GovernedWindow[]
  readonly #taken: Taken
  #open = true

  constructor(
    counters: GuardedCounters,
    { model }: Charge,
    { windows }: Governed,
    taken: Taken,
    levels: readonly number[],
  ) {
    this.#counters = counters
    this.#windows = windows
    this.#taken = taken
    // Of the call's own model, whose windows come first.
    this.headers = limitHeaders(model.windows, levels)
  }

  settle(actual: Partial<Omit<Cost, 'requests'>>, nano: number): number {
    if (!this.#open) return 0
    this.#open = false
    const costs: number[] = []
    // What is no number stays as it was taken.
    for (const { measure } of this.#windows) {
      costs.push(measure === 'requests' ? Number.NaN : (actual[measure] ?? Number.NaN))
    }
    this.#counters.settle(this.#taken, costs, nano)
    return unowed(this.#windows, actual.tokens ?? 0)
  }
}

/** A call that nobody could count: what it used is made up for when it has ended. */
class Uncounted implements Admission {
  readonly headers = {}
  readonly #counters: GuardedCounters
  readonly #windows: readonly GovernedWindow[]
  readonly #share: Share
  #open = true

  constructor(counters: GuardedCounters, windows: readonly GovernedWindow[], share: Share) {
    this.#counters = counters
    this.#windows = windows
    this.#share = share
  }

  settle(actual: Partial<Omit<Cost, 'requests'>>, nano: number): number {
    if (!this.#open) return 0
    this.#open = false
    const costs = this.#windows.map(({ measure }, i) => {
      const asked = this.#share.costs[i] ?? 0
      return measure === 'requests' ? asked : (actual[measure] ?? asked)
    })
    this.#counters.makeUp(this.#share, costs, nano)
    return unowed(this.#windows, actual.tokens ?? 0)
  }
}

/** How many tokens are more than the window that can owe least of them ever does. */
function unowed(windows: readonly GovernedWindow[], tokens: number): number {
  let most = tokens
  for (const { measure, limit } of windows) if (measure === 'tokens') most = Math.min(most, mostOwed(limit))
  return tokens - most
}
