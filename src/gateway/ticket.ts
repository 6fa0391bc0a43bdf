import { type CostEntry, costEntries } from '../core/price.ts'
import type { Asked, Call, Used } from './call.ts'
import type { Gate } from './gate.ts'
import { type Admission, admit as admitToLimits } from './limits/take.ts'
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
   * @param used null for a call that failed: it gets everything back but its request
   * @returns the line items of what it did cost
   */
  settle(used: Used | null): CostEntry[] {
    if (used === null) {
      this.#limits.settle({ tokens: 0, images: 0, audioMegabytes: 0 })
      this.#money.settle(0)
      return []
    }
    // Audio stays as it was taken: what was sent was sent.
    this.#limits.settle({ tokens: used.inputTokens + used.outputTokens, images: used.images })
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
  let admission: Admission | Promise<Admission> | undefined
  try {
    const { tokens, images, audioMegabytes } = asked.worst
    const cost = { requests: 1, tokens, images, audioMegabytes }
    admission = admitToLimits(gate.limiter, windowsOf(rules, gate.catalogue.current, asked.model), cost)
  } finally {
    // To catch and throw again costs more than all the rest of a refusal.
    if (admission === undefined) money.settle(0)
  }
  if (!(admission instanceof Promise)) return admitted(admission)
  return admission.then(admitted, (error) => {
    money.settle(0)
    throw error
  })
}
