import type { Outcome } from '../call.ts'
import type { Forwarding, Witness } from './forwarding.ts'
import { requestHeaders } from './headers.ts'
import type { WholeRequest } from './http1/request.ts'
import { Upload, type UploadTarget } from './http1/upload.ts'
import { type Again, Relay, type Terms } from './relay.ts'
import type { UsageQuestion } from './usage-question.ts'

/** Sends a request whose body is there as a whole. */
type Whole = { dispatch(request: WholeRequest, handler: Relay): unknown }

/** Where requests go, and how. */
export type Target = {
  whole: Whole
  /** Of bodies that are streamed. */
  uploads: UploadTarget
  /** What stands before every path of the base URL, and before those of the server's root. */
  base: string
  root: string
  /** What every request says, as its key. */
  own: readonly string[]
  terms: Terms
  /** Whether streams are asked for their usage. */
  question: UsageQuestion
}

/** What sends requests to one model server, and has their replies relayed. */
export function sender(target: Target): (call: Forwarding, witness: Witness) => Promise<Outcome> {
  const { whole, uploads, base, root, own, terms, question } = target

  const send = (
    call: Forwarding,
    witness: Witness,
    resolve: (outcome: Outcome) => void,
    reject: (error: unknown) => void,
    asks: boolean,
  ) => {
    const { method } = call
    const path = (call.servedAt === 'base' ? base : root) + call.upstreamPath
    const headers = requestHeaders(call.headers, own)
    const body = call.body(asks)
    const again = asks && call.usageOf !== null && question.learns ? withoutAsking : null
    if (typeof body !== 'function') {
      whole.dispatch({ method, path, headers, body }, new Relay(call, witness, terms, resolve, reject, again))
      return
    }
    const { stream, length, taken = () => {} } = body()
    const over = () => void stream.destroy()
    const relay = new Relay(
      call,
      witness,
      terms,
      after(over, resolve),
      after(over, reject),
      again && after(over, again),
    )
    stream.on('error', (error) => relay.bodyFailed(error))
    new Upload(uploads, { method, path, headers, stream, length, taken }, relay)
  }

  /** A request that was refused for what the gate put into it has done nothing: it is the same call, and is tried once more. */
  const withoutAsking: Again = (call, witness, resolve, reject) => {
    const learning: Forwarding = {
      ...call,
      begin(status, headers, upstream, held) {
        // Of a client's own options nobody knows which one was refused.
        const taught = status < 300 && !call.besideOptions
        if (taught && question.refused(call)) witness.usageUnknown()
        return call.begin(status, headers, upstream, held)
      },
    }
    send(learning, witness, resolve, reject, false)
  }

  return (call, witness) =>
    new Promise((resolve, reject) => {
      send(call, witness, resolve, reject, call.usageOf === null || question.isAsked(call))
    })
}

/** A function, with something that is done before it. */
const after =
  <A extends unknown[]>(first: () => void, then: (...args: A) => void) =>
  (...args: A): void => {
    first()
    then(...args)
  }
