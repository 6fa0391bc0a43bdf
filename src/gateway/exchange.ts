import type { Body } from './body/read-body.ts'
import type { Call, Outcome } from './call.ts'
import type { Gate } from './gate.ts'
import type { Inquiry } from './inquire.ts'
import { type Observer, observe, usedUnseen } from './observe/observe.ts'
import type { Ticket } from './ticket.ts'
import { NOTHING_USED, type Used } from './use.ts'

/**
 * Sends a call on and its reply back, and settles what was reserved for it: once, however it ends. Counting what was used may
 * outlast the answer; nobody waits for it.
 * @throws ApiError where the client was sent nothing yet, so that it can be told
 */
export async function forward(gate: Gate, call: Call, asked: Inquiry, body: Body, ticket: Ticket): Promise<Outcome> {
  const { route, request, response, headers } = call
  const { tokens } = gate
  const sentAt = performance.now()
  let observer: Observer | null = null
  try {
    const outcome = await gate.upstreams.forward({
      method: route.method,
      upstreamPath: route.upstreamPath,
      headers: body.headers,
      body: body.forwarded(),
      upstreams: asked.upstreams,
      request,
      response,
      begin(status, replied, upstream) {
        body.replied()
        headers['openai-processing-ms'] = String(Math.round(performance.now() - sentAt))
        observer = observe({ route, asked, status, contentType: replied['content-type'] ?? '', tokens })
        if (asked.stored) observer.onResponseId = (id) => claim(gate, call, id, upstream)
        return { headers, observer }
      },
    })
    gate.afterwards(() => settle(gate, call, asked, ticket, observer, outcome))
    return outcome
  } catch (error) {
    ticket.settle(null)
    throw error
  }
}

/** A response belongs to the project that created it, from before its id is known to anybody. */
function claim({ owners }: Gate, { grant }: Call, responseId: string, upstream: string) {
  const { organizationId, projectId } = grant.rules
  owners.claim(responseId, { organizationId, projectId, upstream })
}

/** Settles what was taken for a call, and meters what it used: at once where that is known, and else once it was counted. */
function settle(
  gate: Gate,
  call: Call,
  asked: Inquiry,
  ticket: Ticket,
  observer: Observer | null,
  { status, end }: Outcome,
): Promise<void> | undefined {
  if (end === 'never_sent' || (status !== null && status >= 400)) {
    ticket.settle(null)
    return
  }
  const { route, grant, at } = call
  const conclude = (used: Used) => {
    const costs = ticket.settle(used)
    if (route.report.kind !== 'none') gate.tally.add({ grant, route, at, asked, used }, costs)
  }
  const failed = (error: unknown): never => {
    conclude(NOTHING_USED)
    throw error
  }
  let used: Used | Promise<Used>
  try {
    used = observer ? observer.used(end) : usedUnseen({ route, asked, tokens: gate.tokens })
  } catch (error) {
    return failed(error)
  }
  return used instanceof Promise ? used.then(conclude, failed) : void conclude(used)
}
