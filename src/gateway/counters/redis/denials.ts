import { drained, fits } from '../../../core/limit.ts'
import type { Full, Window } from '../../limits/limiter.ts'
import type { Money, Short } from '../../spend/money.ts'
import type { Decision, Share } from '../counters.ts'
import type { RedisTaken } from './taken.ts'

type Windows = { at: number; full: Full }
type Funds = { at: number; nano: number; limits: Money['limits']; short: Short }

/**
 * What was refused a moment ago, so that a client that hammers costs Redis little. What has been given back meanwhile is not
 * withheld for longer than that moment, a smaller call that may fit is asked for, and what drains is reckoned with.
 */
export class Denials {
  readonly #forMs: number
  /** By the windows of a model for a project, which are one list for as long as they are the same. */
  readonly #windows = new WeakMap<readonly Window[], Windows>()
  /** By project. */
  readonly #funds = new Map<string, Funds>()

  /** @param forMs milliseconds; 0: nothing is remembered */
  constructor(forMs: number) {
    this.#forMs = forMs
  }

  /** @returns how a call is refused again; null where only Redis can say */
  find({ windows, costs, money }: Share): Decision | null {
    const now = performance.now()
    const known = money && this.#funds.get(money.projectId)
    if (money && known && now - known.at < this.#forMs && isNoSmaller(money, known)) {
      return { taken: null, short: known.short }
    }
    const denied = this.#windows.get(windows)
    if (denied === undefined || now - denied.at >= this.#forMs) return null
    const { levels, paces } = denied.full
    const left = windows.map(({ periodMs }, i) => drained(levels[i] ?? 0, now - denied.at, paces[i] ?? 0, periodMs))
    const hasRoom = windows.every(({ limit }, i) => fits(left[i] ?? 0, costs[i] ?? 0, limit))
    return hasRoom ? null : { taken: null, levels: left, paces }
  }

  /** Takes note of what Redis decided. */
  see({ windows, money }: RedisTaken, decision: Decision): void {
    if (decision.taken !== null || this.#forMs === 0) return
    const at = performance.now()
    if ('levels' in decision) this.#windows.set(windows, { at, full: decision })
    else if (money !== null) {
      this.#funds.set(money.projectId, { at, nano: money.nano, limits: money.limits, short: decision.short })
      setTimeout(() => this.#forget(money.projectId, at), this.#forMs).unref()
    }
  }

  #forget(projectId: string, at: number): void {
    if (this.#funds.get(projectId)?.at === at) this.#funds.delete(projectId)
  }
}

const isNoSmaller = ({ nano, limits }: Money, known: Funds) =>
  (known.short.isSpent || nano >= known.nano) &&
  limits.project === known.limits.project &&
  limits.organization === known.limits.organization
