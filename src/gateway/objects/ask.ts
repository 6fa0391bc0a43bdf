import { isObject, type JsonObject } from '../body/fields.ts'
import type { Body } from '../body/read-body.ts'
import type { Call, Outcome } from '../call.ts'
import { parsed } from '../envelopes/refusal.ts'
import type { Gate } from '../gate.ts'
import { invalidReply } from '../upstreams/failures.ts'
import { WholeReply } from './whole-reply.ts'

/** What is asked of a model server in a call's name. */
export type Question = {
  method: string
  /** Behind its base URL, with the query. */
  path: string
  /** Those that may be asked. */
  upstreams: readonly string[]
  headers: Body['headers']
  body: Body['forwarded']
  /** Bytes that the answer may have. */
  most: number
  /** Whether it is read to its end also where the client leaves: it tells of what was made, which is the project's then. */
  isKept: boolean
}

/** What it said: the whole of it, and the headers that a client may get, names and values in turn. */
export type Said = { status: number; headers: string[]; bytes: Buffer; upstream: string }

/**
 * Asks a model server, and reads all that it says before anybody hears of it.
 * @returns how it ended, where that is not with an answer
 * @throws ApiError where it cannot be had, or says what nobody could use
 */
export async function ask(
  gate: Gate,
  { route, request, response, headers }: Call,
  { method, path, upstreams, headers: sent, body, most, isKept }: Question,
): Promise<Said | Outcome> {
  const reply = new WholeReply(most, isKept ? null : response)
  let upstream = ''
  const outcome = await gate.upstreams.forward({
    method,
    upstreamPath: path,
    servedAt: route.servedAt,
    headers: sent,
    body,
    usageOf: null,
    besideOptions: false,
    holdsMissing: false,
    upstreams,
    request,
    response: reply,
    begin(_status, _replied, name) {
      upstream = name
      return { headers, observer: null }
    },
  })
  if (reply.isTooLong) throw invalidReply(new Error('an object that is longer than any is'))
  if (outcome.end === 'upstream_broke') throw invalidReply(new Error('the answer broke off'))
  if (outcome.end !== 'complete') return outcome
  return { status: reply.statusCode, headers: reply.headers, bytes: reply.bytes, upstream }
}

/**
 * Whether a model server says of this very thing that it is gone. A path that it does not know is no such word, though it names the thing: a
 * route that is missing for a while ends nothing.
 */
export function saysGone(status: number, object: JsonObject | null, id: string): boolean {
  if (status !== 404 || !isObject(object?.error)) return false
  const message = String(object.error.message)
  return message.includes(id) && !message.includes(`/${id}`)
}

/** An object as a model server says it; null where it says none. */
export function objectIn(bytes: Buffer): JsonObject | null {
  const value = parsed(bytes.toString())
  return isObject(value) ? value : null
}
