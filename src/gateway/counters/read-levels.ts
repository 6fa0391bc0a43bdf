import { type Catalogue, DEFAULT_ROW } from '../../core/catalogue.ts'
import type { LimitLevel, LimitsAsked } from '../../core/limit-level.ts'
import type { Window } from '../limits/limiter.ts'
import { windowsOf } from '../limits/windows.ts'
import type { Counters } from './counters.ts'

/** Windows that are asked about at once: as if one call had as many. */
const AT_ONCE = 100

/**
 * How much of the limits of some models is used now, from whatever counts them. A call that costs nothing asks for it, so
 * nothing is taken and no window comes to be.
 */
export async function readLevels(
  counters: Counters,
  catalogue: Catalogue,
  { models, ...rules }: LimitsAsked,
): Promise<LimitLevel[][]> {
  const all = models.map((name) => windowsOf(rules, catalogue, (name !== DEFAULT_ROW && catalogue.get(name)) || null))
  // Models of a pool have the organization's windows in common, and all that have none of their own those of the default.
  const windows = [...new Map(all.flatMap((model) => model.windows.map((window) => [window.key, window]))).values()]
  const levels = new Map<string, number>()
  for (let i = 0; i < windows.length; i += AT_ONCE) await read(counters, windows.slice(i, i + AT_ONCE), levels)
  return all.map((model) =>
    model.windows.map(({ key, scope, dimension, limit, periodMs }) => {
      return { scope, dimension, limit, periodMs, drains: true, level: levels.get(key) ?? null }
    }),
  )
}

async function read(counters: Counters, windows: readonly Window[], levels: Map<string, number>): Promise<void> {
  const costs = windows.map(() => 0)
  try {
    const decision = await counters.take({ windows, costs, money: null })
    if ('levels' in decision) for (const [i, { key }] of windows.entries()) levels.set(key, decision.levels[i] ?? 0)
    await decision.taken?.settle(costs, 0)
  } catch {
    // What cannot be counted now is said to be so of each limit; that they fail is told wherever calls are counted.
  }
}
