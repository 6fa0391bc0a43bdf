import type { ApiError } from '../../contract/error.ts'
import { fits } from '../../core/limit.ts'
import { limitReached } from '../limits/limit-reached.ts'
import type { Full } from '../limits/limiter.ts'
import type { GovernedWindow, ModelWindows } from '../limits/windows.ts'

type Shares = { windows: readonly GovernedWindow[]; costs: readonly number[] }

/**
 * A call's windows and costs with those of the models that run within it: a request of each. Every window is there once, the
 * call's own first; models of one pool, or without limits of their own, share theirs.
 */
export function withRequestsOf(within: readonly ModelWindows[], own: Shares): Shares {
  const all = new Map(own.windows.map((window, i) => [window.key, { window, cost: own.costs[i] ?? 0 }]))
  for (const { windows } of within) {
    for (const window of windows) {
      if (window.measure !== 'requests') continue
      const known = all.get(window.key)
      if (known === undefined) all.set(window.key, { window, cost: 1 })
      else known.cost++
    }
  }
  const shares = [...all.values()]
  return { windows: shares.map(({ window }) => window), costs: shares.map(({ cost }) => cost) }
}

/** Why such a call was refused: by the first model of it that has no room, in the words for that model. */
export function refusedBy(models: Iterable<ModelWindows>, { windows, costs }: Shares, full: Full): ApiError {
  const places = new Map(windows.map(({ key }, i) => [key, i]))
  for (const model of models) {
    const at = model.windows.flatMap(({ key }) => places.get(key) ?? [])
    const here = (amounts: readonly number[]) => at.map((i) => amounts[i] ?? 0)
    const own = model.windows.filter(({ key }) => places.has(key))
    const [cost, levels] = [here(costs), here(full.levels)]
    if (own.every(({ limit }, i) => fits(levels[i] ?? 0, cost[i] ?? 0, limit))) continue
    return limitReached({ ...model, windows: own }, cost, levels, here(full.paces))
  }
  throw new Error('a call was refused by limits that all have room for it')
}
