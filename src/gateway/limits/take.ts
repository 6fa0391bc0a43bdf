import assert from 'node:assert/strict'
import { limitHeaders } from './headers.ts'
import type { Decision, Limiter, Taken } from './limiter.ts'
import { limitReached } from './refusal.ts'
import type { GovernedWindow, Measure, ModelWindows } from './windows.ts'

/** What a call is charged with: whole numbers, but for audio; each at least 0. */
export type Cost = Record<Measure, number>

/** A call that all limits have room for. */
export type Admission = {
  /** `x-ratelimit-*`, for the reply. */
  headers: Readonly<Record<string, string>>
  /**
   * Corrects what was taken to what the call really used, once; what is left out stays as it was taken. A call that failed
   * gives back all but its request: `settle({ tokens: 0, images: 0, audioMegabytes: 0 })`.
   */
  settle: (actual: Partial<Omit<Cost, 'requests'>>) => void
}

const unlimited: Admission = { headers: Object.freeze(limitHeaders([], [])), settle() {} }

/**
 * Takes a call from all of its limits, or from none.
 * @throws ApiError 429 `rate_limit_exceeded` in the original's words where one has no room, 503 where none can be counted
 */
export function admit(limiter: Limiter, model: ModelWindows, cost: Cost): Admission | Promise<Admission> {
  if (model.windows.length === 0) return unlimited
  const costs: number[] = []
  for (const { measure } of model.windows) {
    const one = cost[measure]
    // An amount that is none would stay in the counters for good.
    assert.ok(one >= 0 && one < Number.POSITIVE_INFINITY, `no amount of ${measure}`)
    costs.push(one)
  }
  const decision = limiter.take(model.windows, costs)
  if (decision instanceof Promise) return decision.then((decided) => conclude(model, costs, decided))
  return conclude(model, costs, decision)
}

function conclude(model: ModelWindows, costs: readonly number[], decision: Decision): Admission {
  if (decision.taken === null) throw limitReached(model, costs, decision.levels, decision.paces)
  return new Admitted(model.windows, decision.taken, limitHeaders(model.windows, decision.levels))
}

class Admitted implements Admission {
  readonly headers: Record<string, string>
  readonly #windows: readonly GovernedWindow[]
  readonly #taken: Taken

  constructor(windows: readonly GovernedWindow[], taken: Taken, headers: Record<string, string>) {
    this.#windows = windows
    this.#taken = taken
    this.headers = headers
  }

  settle(actual: Partial<Omit<Cost, 'requests'>>): void {
    const costs: number[] = []
    // What is no number stays as it was taken.
    for (const { measure } of this.#windows) {
      costs.push(measure === 'requests' ? Number.NaN : (actual[measure] ?? Number.NaN))
    }
    this.#taken.settle(costs)
  }
}
