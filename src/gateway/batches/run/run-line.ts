import { randomBytes } from 'node:crypto'
import { ApiError } from '../../../contract/error.ts'
import type { JsonObject } from '../../body/fields.ts'
import type { Call } from '../../call.ts'
import type { Admission } from '../../counters/take.ts'
import { capped } from '../../exchange/capped.ts'
import type { Gate } from '../../gate.ts'
import { type Inquiry, inquire } from '../../inquire.ts'
import type { Grant } from '../../keys/grant.ts'
import { objectIn } from '../../objects/ask.ts'
import { WholeReply } from '../../objects/whole-reply.ts'
import { observe } from '../../observe/observe.ts'
import type { GatewayRoute } from '../../routes/table.ts'
import { NOTHING_USED, type Used } from '../../use.ts'
import { NOBODY } from '../asking.ts'
import { editing } from '../judging.ts'
import { takeRoom } from './room.ts'

/** Bytes of the answer to a line, at most. */
const MOST_BYTES = 16 * 1024 * 1024

/** What a line of a batch's results says. */
export type LineResult = {
  id: string
  custom_id: string
  response: { status_code: number; request_id: string; body: object } | null
  error: { code: string; message: string } | null
}

/**
 * What came of an attempt: a result; or that it is to be tried again: when there is room, when its model server is there again, or, so often and no
 * oftener, since it may have done something.
 */
export type Attempt = { result: LineResult } | { again: 'room' | 'away' } | { again: 'failed'; result: LineResult }

export type LineOf = {
  gate: Gate
  /** What its key may do now; or why nothing may be done in its name. */
  grant: () => Promise<Grant | ApiError>
  route: GatewayRoute
  /** Ends the attempt: nothing is known of the line then. */
  signal: AbortSignal
}

const resultOf = (customId: string, requestId: string, status: number, body: object): LineResult => ({
  id: `batch_req_${randomBytes(16).toString('hex')}`,
  custom_id: customId,
  response: { status_code: status, request_id: requestId, body },
  error: null,
})

/** Of a line that was never sent. */
export const errorResult = (customId: string, code: string, message: string): LineResult => ({
  id: `batch_req_${randomBytes(16).toString('hex')}`,
  custom_id: customId,
  response: null,
  error: { code, message },
})

/** Model servers that are not there, or say that they want no more now: nothing was done, however often it is tried. */
const AWAY: ReadonlySet<string> = new Set([
  'upstream_unreachable',
  'upstream_rate_limited',
  'upstream_refused_credentials',
])

/**
 * Makes the call of a line, as if it came alone: judged by what its key may do and its project rules now, taken from their limits.
 * @param body of the line, which is this attempt's alone
 * @throws what the database says; the signal's reason
 */
export async function attemptLine(line: LineOf, customId: string, body: JsonObject): Promise<Attempt> {
  const { gate, signal } = line
  const requestId = gate.newId('request')
  const told = ({ status, envelope }: ApiError) => resultOf(customId, requestId, status, envelope)
  try {
    const grant = await line.grant()
    if (grant instanceof ApiError) return { result: told(grant) }
    const asked = await judged(line, grant, body)
    const room = await takeRoom(gate, grant, asked, gate.now())
    signal.throwIfAborted()
    if (room === null) return { again: 'room' }
    if (room instanceof ApiError) return { result: told(room) }
    return await send(line, asked, body, room, (status, said) => resultOf(customId, requestId, status, said))
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof ApiError)) throw error
    if (AWAY.has(error.failure) || error.failure === 'service_unavailable') return { again: 'away' }
    return error.status >= 500 ? { again: 'failed', result: told(error) } : { result: told(error) }
  }
}

/** @throws ApiError of the first rule that it breaks */
async function judged({ gate, route }: LineOf, grant: Grant, body: JsonObject): Promise<Inquiry> {
  const model = typeof body.model === 'string' ? body.model : null
  const fields = { fields: body, size: JSON.stringify(body).length, whole: () => body }
  const { inquiry, edits } = await inquire(gate, { route, grant } as Call, { model, judged: fields })
  edits.writeInto(editing(body))
  return inquiry
}

async function send(
  { gate, route, signal }: LineOf,
  asked: Inquiry,
  body: JsonObject,
  room: Admission,
  result: (status: number, said: object) => LineResult,
): Promise<Attempt> {
  const reply = new WholeReply(MOST_BYTES, null)
  const leave = () => reply.destroy()
  signal.addEventListener('abort', leave)
  let used = NOTHING_USED
  try {
    const sent = Buffer.from(JSON.stringify(body))
    const outcome = await gate.upstreams.forward({
      ...{ method: 'POST', upstreamPath: route.upstreamPath, servedAt: route.servedAt, upstreams: asked.upstreams },
      headers: { 'content-type': 'application/json' },
      body: () => sent,
      ...{ usageOf: null, besideOptions: false, holdsMissing: false, request: NOBODY, response: reply },
      begin: () => ({ headers: {}, observer: null }),
    })
    signal.throwIfAborted()
    const said = objectIn(reply.bytes)
    const status = reply.statusCode
    if (outcome.end !== 'complete' || reply.isTooLong || said === null) {
      const message = 'The model server answered with something that is no answer, or broke off.'
      return { again: 'failed', result: result(502, new ApiError('upstream_invalid_reply', message).envelope) }
    }
    if (status >= 500) return { again: 'failed', result: result(status, said) }
    if (status < 400) used = await usedBy(gate, route, asked, reply)
    return { result: result(status, said) }
  } finally {
    signal.removeEventListener('abort', leave)
    const { inputTokens, outputTokens, images } = used
    room.settle({ tokens: inputTokens + outputTokens, images, audioMegabytes: 0 }, 0)
  }
}

/** What its limits are charged with. */
async function usedBy({ tokens }: Gate, route: GatewayRoute, asked: Inquiry, reply: WholeReply): Promise<Used> {
  const observer = observe({ route, asked, contentType: 'application/json', status: reply.statusCode, tokens })
  observer.chunk(reply.bytes)
  const seen = await observer.used('complete')
  return seen === null ? NOTHING_USED : capped(seen, asked).used
}
