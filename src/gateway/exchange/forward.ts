import type { Body } from '../body/read-body.ts'
import type { Call, Outcome } from '../call.ts'
import { envelopesOf } from '../envelopes/envelopes.ts'
import type { Gate } from '../gate.ts'
import type { Inquiry } from '../inquire.ts'
import { observe } from '../observe/observe.ts'
import type { Observer } from '../observe/observer.ts'
import { spoken } from '../routes/api.ts'
import { isEventStream, type Reply } from '../upstreams/forwarding.ts'
import { contentTypeOf } from '../upstreams/headers.ts'
import { bodyFor } from './body-for.ts'
import { claiming, endsNamed } from './claiming.ts'
import { answerCount, CountedHere } from './counted-here.ts'
import { KeptAlive } from './kept-alive.ts'
import type { Later } from './later.ts'
import { refusedBegun } from './refused.ts'
import { settle } from './settle.ts'
import type { Ticket } from './ticket.ts'

/** Whether a model server's refusal of a call is put into the shape of the API that the client speaks. */
const reshapes = ({ route }: Call) => route.api === 'anthropic'

/** Whether an upstream keeps what a call asks it to: not all that serve a model need keep chats. */
const isKeptBy = ({ offers }: Gate, { route: { body } }: Call, upstream: string) =>
  body.kind !== 'json' || body.store !== 'as_chat' || (offers.get('chats')?.includes(upstream) ?? false)

/** The client's side: of a stream that is kept alive, where one is asked for and that is set. */
function replyTo({ streamKeepaliveMs: everyMs, streams }: Gate, call: Call, asked: Inquiry): Reply {
  const { response, headers } = call
  if (everyMs === 0 || !asked.stream) return response
  const envelopes = envelopesOf(spoken(call.route, call.request.headers), headers['x-request-id'] ?? '')
  const isShaped = reshapes(call)
  return new KeptAlive({ response, everyMs, headers, envelopes, isShaped, begun: () => streams?.begun(call) })
}

/**
 * Sends a call on and its reply back, and settles what was reserved for it: once, however it ends. Counting what was used may
 * outlast the answer; nobody waits for it.
 * @param later what settles it later; null: it is settled when it is over
 * @returns how it ended; null where the gate answered in place of a model server that has no such route
 * @throws ApiError where the client was sent nothing yet, so that it can be told
 */
export async function forward(
  gate: Gate,
  call: Call,
  asked: Inquiry,
  body: Body,
  ticket: Ticket,
  later: Later | null,
): Promise<Outcome | null> {
  const { route, request, headers } = call
  const { tokens } = gate
  const sentAt = performance.now()
  let observer: Observer | null = null
  let answeredBy: string | null = null
  try {
    const outcome = await gate.upstreams.forward({
      method: route.method,
      upstreamPath: route.upstreamPath,
      servedAt: route.servedAt,
      headers: body.headers,
      body: (asksForUsage) => bodyFor(body, asked, asksForUsage),
      usageOf: asked.usageWanted ? null : (asked.model?.upstreamName ?? null),
      besideOptions: asked.streamOptions !== null,
      holdsMissing: route.whereMissing === 'counted',
      upstreams: asked.upstreams,
      request,
      response: later === null ? replyTo(gate, call, asked) : later.holding(replyTo(gate, call, asked)),
      begin(status, replied, upstream, held) {
        const refused = status >= 400 && reshapes(call) ? refusedBegun(call, status, held) : null
        body.replied()
        if (refused !== null) return refused
        if (asked.stream || route.isLong || isEventStream(contentTypeOf(replied))) gate.streams?.begun(call)
        answeredBy = upstream
        headers['openai-processing-ms'] = String(Math.round(performance.now() - sentAt))
        observer = observe({ route, asked, status, contentType: contentTypeOf(replied) ?? '', tokens })
        const stored = asked.stored && isKeptBy(gate, call, upstream)
        const hasContainers = gate.offers.get('containers')?.includes(upstream) === true
        if (stored || hasContainers)
          observer.onShown = claiming(
            gate.owners,
            call,
            { references: asked.references, stored, hasContainers },
            upstream,
          )
        if (later !== null) observer.onShown = later.noting(upstream, observer.onShown)
        if (status < 300) endsNamed(gate.owners, call)
        return { headers, observer }
      },
    })
    const settleNow = () => settle(gate, call, asked, ticket, observer, outcome, answeredBy)
    if (later === null) gate.afterwards(settleNow)
    else gate.afterwards(async () => void ((await later.ended(outcome)) || (await settleNow())))
    return outcome
  } catch (error) {
    ticket.settle(null)
    await later?.failed()
    if (!(error instanceof CountedHere)) throw error
    await answerCount(call, asked, tokens)
    return null
  } finally {
    gate.streams?.over(call)
  }
}
