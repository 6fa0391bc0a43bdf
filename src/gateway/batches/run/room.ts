import type { ApiError } from '../../../contract/error.ts'
import { type Admission, type Charge, takeAll } from '../../counters/take.ts'
import type { Gate } from '../../gate.ts'
import type { Inquiry } from '../../inquire.ts'
import type { Grant } from '../../keys/grant.ts'
import { chargeOf } from '../../rules/apply.ts'
import { inBatches } from '../terms.ts'

/** The part of each limit that lines of batches leave to live calls. */
const LEFT = 0.2

/**
 * Takes a line from the limits of a minute and of a day, where there is clear room: a fifth of each stays for live calls, which no line ever has
 * refused. What it costs is set aside for the whole batch.
 * @returns null where there is no such room now; 429 where there never is
 * @throws ApiError 400 as for a live call; 503 where it cannot be counted
 */
export async function takeRoom(
  gate: Pick<Gate, 'counters' | 'catalogue' | 'reserving'>,
  { rules }: Grant,
  { model, within, worst, caps }: Inquiry,
  at: number,
): Promise<Admission | ApiError | null> {
  const paidAs = model && inBatches(model)
  const charge = { ...chargeOf(rules, gate, { limitedAs: model, within, paidAs, worst, caps, at }), money: null }
  const isTooLarge = charge.model.windows.some(({ measure, limit }) => charge.cost[measure] > limit)
  if (!isTooLarge && !(await isClear(gate, charge))) return null
  const taken = await takeAll(gate.counters, charge)
  return taken instanceof Error && !isTooLarge ? null : taken
}

async function isClear({ counters }: Pick<Gate, 'counters'>, { model: { windows }, cost }: Charge): Promise<boolean> {
  const nothing = windows.map(() => 0)
  if (windows.length === 0) return true
  const decision = await counters.take({ windows, costs: nothing, money: null })
  // Where nobody counts and calls go on all the same, so do lines.
  if (decision === null) return true
  if (decision.taken !== null) counters.settle(decision.taken, nothing, 0)
  if (!('levels' in decision)) return false
  return windows.every(({ measure, limit }, i) => {
    const [level, more] = [decision.levels[i] ?? 0, cost[measure]]
    // One that needs more than that by itself has its turn where nothing else is used.
    return level + more <= Math.max(limit * (1 - LEFT), more)
  })
}
