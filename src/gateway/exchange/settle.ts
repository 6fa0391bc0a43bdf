import type { Call, Outcome } from '../call.ts'
import type { Gate } from '../gate.ts'
import type { Inquiry } from '../inquire.ts'
import { usedUnseen } from '../observe/observe.ts'
import type { Observer } from '../observe/observer.ts'
import { NOTHING_USED, type Used } from '../use.ts'
import { capped } from './capped.ts'
import type { Ticket } from './ticket.ts'

/**
 * Settles what was taken for a call, and meters what it used, as far as it can have been: at once where that is known, and
 * else once it was counted. A call that failed, by its status or by what it says, gets all back but its request.
 * @param upstream the one that answered; null where none did
 */
export function settle(
  gate: Gate,
  call: Call,
  asked: Inquiry,
  ticket: Ticket,
  observer: Observer | null,
  { status, end }: Outcome,
  upstream: string | null,
): Promise<void> | undefined {
  if (end === 'never_sent' || (status !== null && status >= 400)) {
    ticket.settle(null)
    return
  }
  const { route, grant, at } = call
  const conclude = (seen: Used) => {
    const { used, excess } = capped(seen, asked)
    const { costs, unowed } = ticket.settle(used)
    if (excess + unowed > 0 && upstream !== null) {
      gate.countExcess.tokens(upstream, excess + unowed)
      gate.failures.exceeded(upstream, { model: asked.model?.id, tokens: excess + unowed })
    }
    if (route.report.kind === 'none') return
    gate.tally.add({ grant, route, at, asked, used }, costs)
    // What they used is not seen: those for which that mattered were refused.
    for (const { model } of asked.within) {
      gate.tally.add({ grant, route, at, asked: { ...asked, model, serviceTier: null }, used: NOTHING_USED }, [])
    }
  }
  const failed = (error: unknown): never => {
    conclude(NOTHING_USED)
    throw error
  }
  let used: Used | Promise<Used> | null
  try {
    used = observer ? observer.used(end) : usedUnseen({ route, asked, tokens: gate.tokens })
  } catch (error) {
    return failed(error)
  }
  if (used === null) {
    ticket.settle(null)
    return
  }
  return used instanceof Promise ? used.then(conclude, failed) : void conclude(used)
}
