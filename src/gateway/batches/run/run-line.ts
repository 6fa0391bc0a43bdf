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
import { observe } from '../../observe/observe.ts'
import type { Observer } from '../../observe/observer.ts'
import type { GatewayRoute } from '../../routes/table.ts'
import { contentTypeOf } from '../../upstreams/headers.ts'
import { NOTHING_USED, type Used } from '../../use.ts'
import { NOBODY } from '../asking.ts'
import { editing } from '../judging.ts'
import type { ReadLine } from '../read-line.ts'
import { LineReply } from './line-reply.ts'
import type { Hold } from './memory.ts'
import { type LineResult, MOST_ANSWER_BYTES } from './results.ts'
import { takeRoom } from './room.ts'

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

/** A line as it is tried. @property bytes that it has @property hold its memory, which its answer is read into */
export type HeldLine = ReadLine & { bytes: number; hold: Hold }

type Told = (status: number, said: object, error?: LineResult['error']) => LineResult

const newResult = (customId: string) => ({ id: `batch_req_${randomBytes(16).toString('hex')}`, custom_id: customId })

/** Of a line that was never sent. */
export const errorResult = (customId: string, code: string, message: string): LineResult => ({
  ...newResult(customId),
  response: null,
  error: { code, message },
})

/** Model servers that are not there, or say that they want no more now: nothing was done, however often it is tried. */
const AWAY: ReadonlySet<string> = new Set([
  'upstream_unreachable',
  'upstream_rate_limited',
  'upstream_refused_credentials',
  'service_unavailable',
])

const TOO_LONG = {
  code: 'response_too_large',
  message: `The answer is longer than ${MOST_ANSWER_BYTES} bytes, or than twice the most that was asked for, and was not kept. What it has used is charged.`,
}

/**
 * Makes the call of a line, as if it came alone: judged by what its key may do and its project rules now, taken from their limits.
 * @param held its body is this attempt's alone
 * @throws what the database says; the signal's reason
 */
export async function attemptLine(line: LineOf, held: HeldLine): Promise<Attempt> {
  const { gate, signal } = line
  const requestId = gate.newId('request')
  const told: Told = (status_code, body, error = null) => ({
    ...newResult(held.customId),
    response: { status_code, request_id: requestId, body },
    error,
  })
  const refused = ({ status, envelope }: ApiError) => told(status, envelope)
  try {
    const grant = await line.grant()
    if (grant instanceof ApiError) return { result: refused(grant) }
    const asked = await judged(line, grant, held)
    signal.throwIfAborted()
    const room = await takeRoom(gate, grant, asked, gate.now())
    if (room === null) return { again: 'room' }
    if (room instanceof ApiError) return { result: refused(room) }
    return await sendWithin(line, asked, held, room, told)
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof ApiError)) throw error
    if (AWAY.has(error.failure)) return { again: 'away' }
    return error.status >= 500 ? { again: 'failed', result: refused(error) } : { result: refused(error) }
  }
}

/** @throws ApiError of the first rule that it breaks */
async function judged({ gate, route }: LineOf, grant: Grant, { body, bytes }: HeldLine): Promise<Inquiry> {
  const model = typeof body.model === 'string' ? body.model : null
  const fields = { fields: body, size: bytes, whole: () => body }
  const { inquiry, edits } = await inquire(gate, { route, grant } as Call, { model, judged: fields })
  edits.writeInto(editing(body))
  return inquiry
}

/** Settles what was taken of its limits, however it ends: a line that was not sent, or failed, gets all back but its request. */
async function sendWithin(line: LineOf, asked: Inquiry, held: HeldLine, room: Admission, told: Told): Promise<Attempt> {
  let used = NOTHING_USED
  try {
    line.signal.throwIfAborted()
    const sent = await send(line, asked, held)
    used = sent.used
    return attemptOf(sent, told)
  } finally {
    const { inputTokens, outputTokens, images } = used
    room.settle({ tokens: inputTokens + outputTokens, images, audioMegabytes: 0 }, 0)
  }
}

/** What came of a call. @property isWhole whether all of the answer has come @property said null: it is too long, or no answer */
type Sent = { status: number; isWhole: boolean; isTooLong: boolean; said: JsonObject | null; used: Used }

async function send({ gate, route, signal }: LineOf, asked: Inquiry, { body, numbers, hold }: HeldLine): Promise<Sent> {
  const reply = new LineReply(hold)
  const leave = () => reply.destroy()
  signal.addEventListener('abort', leave)
  let observer: Observer | null = null
  try {
    const bytes = Buffer.from(JSON.stringify(numbers === null ? body : numbers(body)))
    const outcome = await gate.upstreams.forward({
      ...{ method: 'POST', upstreamPath: route.upstreamPath, servedAt: route.servedAt, upstreams: asked.upstreams },
      headers: { 'content-type': 'application/json' },
      body: () => bytes,
      ...{ usageOf: null, besideOptions: false, holdsMissing: false, request: NOBODY, response: reply },
      begin(status, headers) {
        observer = observe({ route, asked, contentType: contentTypeOf(headers) ?? '', status, tokens: gate.tokens })
        return { headers: {}, observer: asItComes(observer) }
      },
    })
    signal.throwIfAborted()
    const { statusCode: status, isBeyond: isTooLong } = reply
    const seen = status < 400 ? await (observer as Observer | null)?.used(outcome.end) : null
    return {
      status,
      isWhole: outcome.end === 'complete',
      isTooLong: isTooLong || outcome.end === 'overran',
      said: isTooLong ? null : objectIn(reply.bytes),
      used: seen ? capped(seen, asked).used : NOTHING_USED,
    }
  } finally {
    signal.removeEventListener('abort', leave)
  }
}

/** Sees an answer on its way and changes nothing of it: no more of one that is too long is anywhere than is read at once. */
const asItComes = (observer: Observer) => ({
  chunk(bytes: Buffer): Buffer {
    observer.chunk(bytes)
    return bytes
  },
  end(): null {
    observer.end()
    return null
  },
  get overran() {
    return observer.overran
  },
})

function attemptOf({ status, isWhole, isTooLong, said, used }: Sent, told: Told): Attempt {
  // The model server has done it, and would do it again: that is paid for, and once.
  if (isTooLong && status < 400) return { result: told(status, bodyOf(used), TOO_LONG) }
  if (!isWhole || said === null) {
    const message = 'The model server answered with something that is no answer, or broke off.'
    return { again: 'failed', result: told(502, new ApiError('upstream_invalid_reply', message).envelope) }
  }
  return status >= 500 ? { again: 'failed', result: told(status, said) } : { result: told(status, said) }
}

/** What is left of an answer that was not kept: that by which it is charged. */
const bodyOf = ({ inputTokens, cachedInputTokens, outputTokens, images }: Used) => ({
  ...(images > 0 && { data: Array.from({ length: images }, () => ({})) }),
  usage: {
    ...{ input_tokens: inputTokens, input_tokens_details: { cached_tokens: cachedInputTokens } },
    ...{ output_tokens: outputTokens, total_tokens: inputTokens + outputTokens },
  },
})
