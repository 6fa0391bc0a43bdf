import type { Money } from '../../spend/money.ts'
import type { Decision, Share } from '../counters.ts'

const NO_LIMITS = { project: null, organization: null }

/** Money that is counted and held, whatever the limits say. */
export const unlimited = (money: Money): Money => ({ ...money, limits: NO_LIMITS })

/** Whether a share takes nothing, as where a call is made up for that went on uncounted. */
export const isFree = ({ costs, money }: Share): boolean =>
  costs.every((cost) => cost === 0) &&
  (money === null || (money.nano === 0 && money.limits.project === null && money.limits.organization === null))

/**
 * What a call may take here of what it may take altogether: so much of each limit, and of the money that is left. One call alone may always have
 * what it needs, where the whole limit has it: a share in which it never fits would refuse it for as long as the outage lasts.
 */
export function partOf({ windows, costs, money }: Share, part: number): Share {
  return {
    windows: windows.map((window, i) => ({
      ...window,
      limit: Math.max(window.limit * part, Math.min(costs[i] ?? 0, window.limit)),
    })),
    costs,
    // Of what is left, so much may be held here at once.
    money: money && { ...money, nano: Math.ceil(money.nano / part) },
  }
}

/** A decision about a part, as of the whole: what is not to be had here counts as used. */
export function asOfAll(decision: Decision, whole: Share, part: Share): Decision {
  if (!('levels' in decision)) return decision
  const levels = decision.levels.map(
    (level, i) => level + (whole.windows[i]?.limit ?? 0) - (part.windows[i]?.limit ?? 0),
  )
  return { ...decision, levels }
}
