import { request as newRequest } from 'node:https'
import { type BlockList, isIP, type LookupFunction } from 'node:net'
import { hostOf } from '../core/webhook.ts'
import { NotAllowed, type Resolve, reachable } from './reachable.ts'

/** What is sent to a receiver. */
export type Posted = { url: string; headers: Readonly<Record<string, string>>; body: string }

export type PostParts = {
  /** Ranges of addresses that the operator allows besides public ones. */
  networks: BlockList | null
  resolve: Resolve
  /** Milliseconds in which the receiver has to answer, from the first look at its name. */
  timeoutMs: number
}

/** Bytes of the head of an answer. Of its body nothing is read. */
const HEAD_BYTES = 8192

/**
 * Posts something to where a user wants it: only to an address that was looked at before, whatever the name leads to a moment later,
 * and nowhere that the answer would lead to. @returns the status of the answer
 * @throws NotAllowed; else why there is no answer
 */
export async function post({ url, headers, body }: Posted, parts: PostParts, signal: AbortSignal): Promise<number> {
  const timeout = AbortSignal.timeout(parts.timeoutMs)
  const either = AbortSignal.any([signal, timeout])
  try {
    const host = hostOf(url)
    const addresses = await reachable(host, parts, either)
    return await send(url, host, addresses, { headers, body }, either)
  } catch (error) {
    if (timeout.aborted && !signal.aborted) throw new Error(`no answer within ${parts.timeoutMs / 1000} seconds`)
    throw error
  }
}

/** Why there was no answer, in words that tell nobody about this server's network. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (error instanceof NotAllowed || code === undefined) return message
  return reasons[code] ?? `the connection failed (${code})`
}

const reasons: Record<string, string> = {
  ENOTFOUND: 'the name of the host cannot be resolved',
  ENODATA: 'the name of the host cannot be resolved',
  ESERVFAIL: 'the name of the host cannot be resolved',
  ETIMEOUT: 'the name of the host cannot be resolved',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was closed before there was an answer',
  EPIPE: 'the connection was closed before there was an answer',
}

type Sent = Pick<Posted, 'headers' | 'body'>

function send(url: string, host: string, addresses: readonly string[], sent: Sent, signal: AbortSignal) {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const { body, headers } = sent
  const request = newRequest(url, {
    method: 'POST',
    headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
    // Nobody's connection is used again: another may lead elsewhere by then.
    agent: false,
    lookup: only(addresses),
    ...(isIP(host) === 0 && { servername: host }),
    maxHeaderSize: HEAD_BYTES,
    signal,
  })
  request.once('response', (response) => {
    resolve(response.statusCode ?? 0)
    response.on('error', () => {})
    request.destroy()
  })
  request.once('upgrade', (response, socket) => {
    resolve(response.statusCode ?? 0)
    socket.destroy()
  })
  request.on('error', reject)
  request.once('close', () => reject(new Error('the connection was closed before there was an answer')))
  request.end(body)
  return promise
}

/** Leads a name to these addresses alone. */
function only(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIP(address) }))
  return (_host, options, done) => {
    const [first] = all
    if (options.all) done(null, all)
    else done(null, first?.address ?? '', first?.family ?? 0)
  }
}
