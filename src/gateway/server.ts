import type { IncomingMessage, ServerResponse } from 'node:http'
import { ApiError, challenge, databaseUnavailable, internalError } from '../contract/error.ts'
import { isUnavailable } from '../db/errors.ts'
import { answerText } from './answer.ts'
import type { Arrival, Outcome } from './call.ts'
import { check } from './check/check.ts'
import { originalUrl } from './check/original.ts'
import { GuardedCounters } from './counters/guarded.ts'
import { anthropicError, anthropicStatus } from './envelopes/anthropic.ts'
import { Afterwards } from './exchange/afterwards.ts'
import { refuseOnStream } from './exchange/kept-alive.ts'
import { FailureLog } from './failure-log.ts'
import type { Gate, GatewayParts } from './gate.ts'
import { acceptedBy } from './kinds/accepted.ts'
import { Tally } from './observe/tally.ts'
import { handle } from './pipeline.ts'
import { recordRefusal } from './record-refusal.ts'
import { spokenAt } from './routes/api.ts'
import { callBegins, callIsOver } from './turn.ts'
import { limitsTold } from './webhooks/limited.ts'

export type Gateway = {
  handle: (request: IncomingMessage, response: ServerResponse) => void
  /** The door for proxies that carry requests themselves and ask whether they may. */
  check: (request: IncomingMessage, response: ServerResponse) => void
  /** Calls that have their answer and are still counted. */
  settling: () => number
  /** What calls go through, for what is done beside them. */
  gate: Gate
  /** Resolves when what was forwarded is settled too: some of it is counted only after its answer. */
  settled: () => Promise<void>
}

const SOURCE = 'x-gatehouse-error-source'
const OVERRAN = 'the model server said more than twice as much as it may, and was cut off'

/** The gateway as a request handler: every call ends here, with the upstream's reply or with the one error envelope. */
export function createGateway(parts: GatewayParts): Gateway {
  const afterwards = new Afterwards(parts.log)
  const failures = new FailureLog(parts.log, parts.countRefusal)
  const counters = new GuardedCounters({
    counters: parts.counters,
    ...(parts.whenCountersFail && { whenFailing: parts.whenCountersFail }),
    failed(operation, error) {
      parts.countUncounted(operation)
      failures.uncounted(operation, error)
    },
    afterwards: afterwards.do,
  })
  const tally = new Tally(parts.usage)
  parts.usage.takeFrom(tally)
  const gate: Gate = {
    ...parts,
    accepts: acceptedBy(parts.offers),
    counters,
    tally,
    failures,
    refused: recordRefusal(parts),
    limited: limitsTold(parts.webhooks, parts.now),
    afterwards: afterwards.do,
  }
  const serve =
    (
      way: (gate: Gate, arrival: Arrival) => Promise<Outcome | ApiError | null>,
      urlOf: (request: IncomingMessage) => string,
    ): Gateway['handle'] =>
    (request, response) => {
      const headers = { 'x-request-id': gate.newId('request'), 'openai-version': '2020-10-01' }
      const arrival = { request, response, headers }
      callBegins()
      way(gate, arrival).then(
        (outcome) => {
          if (outcome instanceof ApiError) fail(gate, arrival, outcome, urlOf)
          else if (outcome?.end === 'upstream_broke') gate.failures.broke(about(arrival))
          else if (outcome?.end === 'overran') gate.failures.broke(about(arrival), OVERRAN)
          callIsOver()
        },
        (thrown) => {
          fail(gate, arrival, thrown, urlOf)
          callIsOver()
        },
      )
    }
  return {
    gate,
    handle: serve(handle, ({ url = '' }) => url),
    check: serve(check, originalUrl),
    settling: () => afterwards.running,
    settled: () => afterwards.over(),
  }
}

/** What the log says of a call. */
const about = ({ request, headers }: Arrival) => ({ request_id: headers['x-request-id'], path: pathOf(request) })

/** @param urlOf gives path and query of what is asked for */
function fail(gate: Gate, arrival: Arrival, thrown: unknown, urlOf: (request: IncomingMessage) => string) {
  const { request, response, headers } = arrival
  // A client that left in the middle of its request hears no answer and is nobody's failure.
  if (request.destroyed && !request.complete) return void response.destroy()
  const error = toApiError(thrown, headers['x-request-id'] ?? '')
  gate.failures.failed(error, () => about(arrival))
  if (response.headersSent || response.destroyed) {
    if (!refuseOnStream(response, error)) response.destroy()
    return
  }
  if (spokenAt(urlOf(request), request.headers) === 'openai') {
    answerText(response, error.status, headersOf(error, error.status, headers), error.text)
    return
  }
  const id = headers['x-request-id'] ?? ''
  const status = anthropicStatus(error)
  const text = JSON.stringify(anthropicError(error, id))
  answerText(response, status, headersOf(error, status, { ...headers, 'request-id': id }), text)
}

/** Names and values in turn. What the failure says itself stands for what all answers to the call say. */
function headersOf({ headers: own }: ApiError, status: number, headers: Arrival['headers']): string[] {
  const list: string[] = []
  for (const name in headers) if (!(name in own)) list.push(name, headers[name] ?? '')
  if (status === 401) list.push('www-authenticate', challenge['www-authenticate'])
  if (!(SOURCE in own)) list.push(SOURCE, 'gateway')
  for (const name in own) list.push(name, own[name] ?? '')
  return list
}

/** Without the query, in which some clients carry secrets. */
const pathOf = (request: IncomingMessage) => request.url?.split('?', 1)[0]

function toApiError(thrown: unknown, id: string): ApiError {
  if (thrown instanceof ApiError) return thrown
  return isUnavailable(thrown) ? databaseUnavailable(thrown) : internalError(id, thrown)
}
