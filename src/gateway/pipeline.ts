import type { IncomingHttpHeaders } from 'node:http'
import { ApiError } from '../contract/error.ts'
import { settleBeforeEnd } from './background/before-end.ts'
import { beginInBackground } from './background/begin.ts'
import { readBody } from './body/read-body.ts'
import { uploadBody } from './body/upload-body.ts'
import type { Arrival, Outcome } from './call.ts'
import { forward } from './exchange/forward.ts'
import { issueTicket } from './exchange/ticket.ts'
import type { Gate } from './gate.ts'
import { inquire, refersToFile } from './inquire.ts'
import { letIn, letInAgain } from './let-in.ts'
import { bring } from './objects/bring.ts'
import { answerList } from './objects/list.ts'
import { answerOwn } from './own.ts'
import { routeOf } from './routes/match.ts'

/**
 * One call, from its first byte to its last: each step goes on or says what the client is told. What a client in a loop is told
 * without end is returned, the rest thrown: a function that ends by a throw costs several times what it does by a return, and is
 * not compiled for it. What is admitted is settled by `forward`, once, however it ends.
 * @returns how a forwarded call ended, or why it was refused; null where the gate answered itself
 */
export async function handle(gate: Gate, arrival: Arrival): Promise<Outcome | ApiError | null> {
  const { method = '', url = '', headers } = arrival.request
  // Awaited also where the key is known: what of the body came together with the head is there only after this turn.
  const route = routeOf(method, url, gate.offers, opensWebSocket(method, headers))
  const call = await letIn(gate, arrival, route, url)
  if (call instanceof ApiError) return call
  const { answeredBy } = call.route
  if (answeredBy !== 'model_server') return answerOwn(gate, call, answeredBy)
  if (call.route.lists !== null) return answerList(gate, call, call.route.lists)
  const { body: shape } = call.route
  const read =
    shape.kind === 'upload'
      ? uploadBody(gate, call, shape, (param, id) => refersToFile(gate, call, param, id))
      : readBody(gate.bodies, call)
  const body = read instanceof Promise ? await read : read
  try {
    const closed = body.waited ? await letInAgain(gate, call) : null
    if (closed !== null) return closed
    const inquired = inquire(gate, call, body)
    const { inquiry, edits } = inquired instanceof Promise ? await inquired : inquired
    edits.writeInto(body)
    if (call.route.ends === 'response_id') await settleBeforeEnd(gate, call)
    const issued = issueTicket(gate, call, inquiry)
    const ticket = issued instanceof Promise ? await issued : issued
    if (ticket instanceof ApiError) return ticket
    const later = inquiry.background ? await beginInBackground(gate, call, inquiry, ticket) : null
    if (call.route.brings.length === 0) return await forward(gate, call, inquiry, body, ticket, later)
    return await bring(gate, call, inquiry, body).finally(() => ticket.settle(null))
  } finally {
    body.release()
  }
}

/** Whether a request is the opening of a WebSocket (RFC 6455, 4.1). What else an upgrade may name is taken no notice of. */
function opensWebSocket(method: string, { upgrade, connection }: IncomingHttpHeaders): boolean {
  return upgrade !== undefined && method === 'GET' && names(upgrade, 'websocket') && names(connection, 'upgrade')
}

const names = (list: string | undefined, name: string) =>
  list?.split(',').some((one) => one.trim().toLowerCase() === name) ?? false
