import { type CostEntry, costEntries } from '../core/price.ts'
import { type Asked, type Call, NOTHING_USED, type Used } from './call.ts'
import type { Gate } from './gate.ts'
import { type Admission, admit as admitToLimits } from './limits/admit.ts'
import { windowsOf } from './limits/windows.ts'
import type { Reserved } from './spend/spend.ts'

/** What a call was let in with: its share of every limit, and its money. */
export class Ticket {
  readonly #asked: Asked
  readonly #limits: Admission
  readonly #money: Reserved

  constructor(asked: Asked, limits: Admission, money: Reserved) {
    this.#asked = asked
    this.#limits = limits
    this.#money = money
  }

  /**
   * Corrects what was taken to what was used; only the first time counts.
   * @returns the line items of what it did cost
   */
  settle(used: Used): CostEntry[] {
    const tokens = used.inputTokens + used.outputTokens
    const { audioMegabytes } = this.#asked.worst
    // What was sent was sent: audio does not become less by what is said of it.
    const audio = used === NOTHING_USED ? { audioMegabytes: 0 } : { audioMegabytes }
    this.#limits.settle({ tokens, images: used.images, ...audio })
    const costs = this.#asked.model ? costEntries(this.#asked.model, used) : []
    this.#money.settle(costs.reduce((sum, { amount_nano }) => sum + amount_nano, 0))
    return costs
  }
}

/**
 * Takes a call from all limits and sets its money aside, or takes nothing at all.
 * @throws ApiError 429, or 400 where a spend limit holds for a model without a price
 */
export function admit(gate: Gate, { grant, at, headers }: Call, asked: Asked): Ticket | Promise<Ticket> {
  const { rules } = grant
  const money = gate.spend.reserve(rules, asked, at)
  const admitted = (limits: Admission) => {
    Object.assign(headers, limits.headers)
    return new Ticket(asked, limits, money)
  }
  const refused = (error: unknown): never => {
    money.settle(0)
    throw error
  }
  try {
    const { tokens, images, audioMegabytes } = asked.worst
    const cost = { requests: 1, tokens, images, audioMegabytes }
    const admission = admitToLimits(gate.limiter, windowsOf(rules, gate.catalogue.current, asked.model), cost)
    return admission instanceof Promise ? admission.then(admitted, refused) : admitted(admission)
  } catch (error) {
    return refused(error)
  }
}
