import type { Body } from '../body/read-body.ts'
import type { Call, Outcome } from '../call.ts'
import type { Gate } from '../gate.ts'
import type { Inquiry } from '../inquire.ts'
import { observe } from '../observe/observe.ts'
import type { Observer } from '../observe/observer.ts'
import { isEventStream } from '../upstreams/forwarding.ts'
import { contentTypeOf } from '../upstreams/headers.ts'
import { bodyFor } from './body-for.ts'
import { claiming, endsNamed } from './claiming.ts'
import { settle } from './settle.ts'
import type { Ticket } from './ticket.ts'

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
  let answeredBy: string | null = null
  try {
    const outcome = await gate.upstreams.forward({
      method: route.method,
      upstreamPath: route.upstreamPath,
      headers: body.headers,
      body: (asksForUsage) => bodyFor(body, asked, asksForUsage),
      usageOf: asked.usageWanted ? null : (asked.model?.upstreamName ?? null),
      besideOptions: asked.streamOptions !== null,
      upstreams: asked.upstreams,
      request,
      response,
      begin(status, replied, upstream) {
        body.replied()
        if (asked.stream || isEventStream(contentTypeOf(replied))) gate.streams?.begun(call)
        answeredBy = upstream
        headers['openai-processing-ms'] = String(Math.round(performance.now() - sentAt))
        observer = observe({ route, asked, status, contentType: contentTypeOf(replied) ?? '', tokens })
        if (asked.stored) observer.onShown = claiming(gate.owners, call, upstream)
        if (status < 300) endsNamed(gate.owners, call)
        return { headers, observer }
      },
    })
    gate.afterwards(() => settle(gate, call, asked, ticket, observer, outcome, answeredBy))
    return outcome
  } catch (error) {
    ticket.settle(null)
    throw error
  } finally {
    gate.streams?.over(call)
  }
}
