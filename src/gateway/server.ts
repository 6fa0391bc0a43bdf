import type { IncomingMessage, ServerResponse } from 'node:http'
import { ApiError, challenge, databaseUnavailable, internalError } from '../contract/error.ts'
import { isUnavailable } from '../db/errors.ts'
import { answer } from './answer.ts'
import type { Arrival, Outcome } from './call.ts'
import { check } from './check/check.ts'
import { GuardedCounters } from './counters/guarded.ts'
import { Afterwards } from './exchange/afterwards.ts'
import { refuseOnStream } from './exchange/kept-alive.ts'
import { FailureLog } from './failure-log.ts'
import type { Gate, GatewayParts } from './gate.ts'
import { Tally } from './observe/tally.ts'
import { handle } from './pipeline.ts'
import { recordRefusal } from './record-refusal.ts'

export type Gateway = {
  handle: (request: IncomingMessage, response: ServerResponse) => void
  /** The door for proxies that carry requests themselves and ask whether they may. */
  check: (request: IncomingMessage, response: ServerResponse) => void
  /** Calls that have their answer and are still counted. */
  settling: () => number
  /** Resolves when what was forwarded is settled too: some of it is counted only after its answer. */
  settled: () => Promise<void>
}

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
    counters,
    tally,
    failures,
    refused: recordRefusal(parts),
    afterwards: afterwards.do,
  }
  const serve =
    (way: (gate: Gate, arrival: Arrival) => Promise<Outcome | null>): Gateway['handle'] =>
    (request, response) => {
      const id = gate.newId('request')
      const headers = { 'x-request-id': id, 'openai-version': '2020-10-01' }
      const arrival = { request, response, headers }
      way(gate, arrival).then(
        (outcome) => {
          if (outcome?.end !== 'upstream_broke' && outcome?.end !== 'overran') return
          const about = { request_id: id, path: pathOf(request) }
          if (outcome.end === 'overran') gate.failures.broke(about, OVERRAN)
          else gate.failures.broke(about)
        },
        (thrown) => fail(gate, id, arrival, thrown),
      )
    }
  return {
    handle: serve(handle),
    check: serve(check),
    settling: () => afterwards.running,
    settled: () => afterwards.over(),
  }
}

function fail(gate: Gate, id: string, { request, response, headers }: Arrival, thrown: unknown) {
  // A client that left in the middle of its request hears no answer and is nobody's failure.
  if (request.destroyed && !request.complete) return void response.destroy()
  const error = toApiError(thrown, id)
  gate.failures.failed(error, { request_id: id, path: pathOf(request) })
  if (response.headersSent || response.destroyed) {
    if (!refuseOnStream(response, error)) response.destroy()
    return
  }
  answer(
    response,
    error.status,
    {
      ...headers,
      ...(error.status === 401 && challenge),
      'x-gatehouse-error-source': 'gateway',
      ...error.headers,
    },
    error.envelope,
  )
}

/** Without the query, in which some clients carry secrets. */
const pathOf = (request: IncomingMessage) => request.url?.split('?', 1)[0]

function toApiError(thrown: unknown, id: string): ApiError {
  if (thrown instanceof ApiError) return thrown
  return isUnavailable(thrown) ? databaseUnavailable(thrown) : internalError(id, thrown)
}
