import type { Pool } from 'undici'
import type { Outcome } from '../call.ts'
import type { Forwarding, Witness } from './forwarding.ts'
import { requestHeaders } from './headers.ts'
import { Relay, type Terms } from './relay.ts'

/** Where requests go: connections, what stands before every path, and the key that they bring. */
export type Target = { pool: Pool; base: string; key: string | null; terms: Terms }

/** Sends one request, and has its reply relayed. */
export function send({ pool, base, key, terms }: Target, call: Forwarding, witness: Witness): Promise<Outcome> {
  const { method, body } = call
  const path = base + call.upstreamPath
  const headers = requestHeaders(call.headers, key)
  if (typeof body !== 'function') {
    return new Promise((resolve, reject) => {
      pool.dispatch({ method, path, headers, body }, new Relay(call, witness, terms, resolve, reject))
    })
  }
  const { stream, length } = body()
  headers.push('content-length', String(length))
  const sent = new Promise<Outcome>((resolve, reject) => {
    const relay = new Relay(call, witness, terms, resolve, reject)
    stream.on('error', (error) => relay.bodyFailed(error))
    pool.dispatch({ method, path, headers, body: stream }, relay)
  })
  return sent.finally(() => stream.destroy())
}
