import { ApiError } from '../contract/error.ts'
import type { Call } from './call.ts'
import { NO_CAPS } from './caps.ts'
import { takeAll } from './counters/take.ts'
import type { Gate } from './gate.ts'
import { chargeOf } from './rules/apply.ts'
import { NO_WORST } from './use.ts'

/**
 * Counts a call of no model that the gate answers itself: one request of the project's limits, with the headers that say what is left.
 * @returns why there is no room for it @throws ApiError 503 where it cannot be counted
 */
export async function takeOne(gate: Gate, { grant, at, headers }: Call): Promise<ApiError | null> {
  const nothing = { limitedAs: null, within: [], paidAs: null, worst: NO_WORST, caps: NO_CAPS, at }
  const held = await takeAll(gate.counters, chargeOf(grant.rules, gate, nothing))
  if (held instanceof ApiError) return held
  Object.assign(headers, held.headers)
  held.settle({ tokens: 0, images: 0, audioMegabytes: 0 }, 0)
  return null
}
