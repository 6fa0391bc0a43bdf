import { ApiError } from '../../contract/error.ts'
import { type CostEntry, costEntries } from '../../core/price.ts'
import type { Asked, Call } from '../call.ts'
import { type Admission, takeAll } from '../counters/take.ts'
import type { Gate } from '../gate.ts'
import { LimitReached } from '../limits/limit-reached.ts'
import type { GovernedWindow } from '../limits/windows.ts'
import { chargeOf } from '../rules/apply.ts'
import type { Used } from '../use.ts'

/** What a call was let in with: its share of every limit, and its money. */
export class Ticket {
  readonly #asked: Asked
  readonly #held: Admission
  readonly #nano: number
  readonly #overReserved: (nano: number) => void

  /**
   * @param nano nano-dollars that were set aside
   * @param overReserved told how much more a call did cost than was set aside for it, where it did
   */
  constructor(asked: Asked, held: Admission, nano: number, overReserved: (nano: number) => void) {
    this.#asked = asked
    this.#held = held
    this.#nano = nano
    this.#overReserved = overReserved
  }

  /** Nano-dollars that were set aside. */
  get nano(): number {
    return this.#nano
  }

  /** Gives back the money, which somebody else holds from now on; of the limits all stays as it was taken. */
  handOver(): void {
    this.#held.settle({}, 0)
  }

  /**
   * Corrects what was taken to what was used; only the first time counts.
   * @param used what it is charged with; null for a call that failed: it gets everything back but its request
   * @returns the line items of what it did cost, and how many of its tokens its limits are not charged with
   */
  settle(used: Used | null): { costs: CostEntry[]; unowed: number } {
    if (used === null) {
      this.#held.settle({ tokens: 0, images: 0, audioMegabytes: 0 }, 0)
      return { costs: [], unowed: 0 }
    }
    const costs = this.#asked.model ? costEntries(this.#asked.model, used) : []
    const nano = costs.reduce((sum, { amount_nano }) => sum + amount_nano, 0)
    if (nano > this.#nano) this.#overReserved(nano - this.#nano)
    // Audio stays as it was taken: what was sent was sent.
    const tokens = used.inputTokens + used.outputTokens
    return { costs, unowed: this.#held.settle({ tokens, images: used.images }, nano) }
  }
}

/**
 * Takes a call from all limits and sets its money aside, or takes nothing at all.
 * @returns the ticket, or why there is no room: 429
 * @throws ApiError 400 where a spend limit holds for what has no price or no bound; 503 where it cannot be counted
 */
export function issueTicket(
  gate: Gate,
  { grant, at, headers }: Call,
  asked: Asked,
): Ticket | ApiError | Promise<Ticket | ApiError> {
  const { model, within, worst, caps } = asked
  const charge = chargeOf(grant.rules, gate, { limitedAs: model, within, paidAs: model, worst, caps, at })
  const held = takeAll(gate.counters, charge)
  const admitted = (held: Admission | ApiError) => {
    if (held instanceof ApiError) {
      if (held instanceof LimitReached) countRefused(gate, grant.rules, held.window, at)
      gate.limited(grant.rules, held)
      return held
    }
    Object.assign(headers, held.headers)
    return new Ticket(asked, held, charge.money?.nano ?? 0, gate.countExcess.cost)
  }
  return held instanceof Promise ? held.then(admitted) : admitted(held)
}

/** What somebody can be told of it: a client in a loop costs a count, and a row for five minutes. @param at milliseconds */
function countRefused(
  { refusedByLimits }: Pick<Gate, 'refusedByLimits'>,
  { organizationId, projectId }: Call['grant']['rules'],
  { key, of: model, scope, dimension }: GovernedWindow,
  at: number,
): void {
  const place = scope === 'project' ? key : `${projectId}/${key}`
  refusedByLimits.count(place, { organizationId, projectId, model, scope, dimension }, Math.floor(at / 1000))
}
