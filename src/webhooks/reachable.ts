import { promises } from 'node:dns'
import { type BlockList, isIP } from 'node:net'
import { mayCall } from '../core/public-address.ts'
import { hostOf } from '../core/webhook.ts'

/** The addresses of a name. @throws where it has none */
export type Resolve = (name: string, signal: AbortSignal) => Promise<string[]>

/** That a URL leads where this server calls nobody for a user. */
export class NotAllowed extends Error {}

const WHERE =
  'it leads to an address that is not public, which this server calls only where its operator allows that (GATEHOUSE_WEBHOOK_NETWORKS)'

/** Of a host those addresses that may be called, which are all of its own. @throws NotAllowed; what `resolve` does */
export async function reachable(
  host: string,
  { networks, resolve }: { networks: BlockList | null; resolve: Resolve },
  signal: AbortSignal,
): Promise<string[]> {
  const addresses = isIP(host) === 0 ? await resolve(host, signal) : [host]
  // One that is none is enough: whoever has a name that leads to both has it lead to the other next.
  if (addresses.length === 0 || addresses.some((address) => !mayCall(address, networks))) throw new NotAllowed(WHERE)
  return addresses
}

/** What is wrong with where a URL leads, as far as that is said by itself: an address, or the name of this machine. Null: nothing. */
export function flawOfPlace(url: string, networks: BlockList | null): string | null {
  const host = hostOf(url)
  const address = isIP(host) === 0 ? (LOCAL.test(host) ? LOOPBACK : null) : host
  return address === null || mayCall(address, networks) ? null : `${WHERE}.`
}

/** As the system has it (RFC 6761, 6.3), whatever a server of names says. */
const LOCAL = /(^|\.)localhost\.?$/i
const LOOPBACK = '127.0.0.1'

/** Milliseconds that one server of names is waited for, and how often it is asked. */
const [ASKED_MS, TIMES] = [2000, 2]

/**
 * Asks the servers of names that the system is set to, without the threads that the system's own way takes: of those there are four, for files
 * too, and names are what users write.
 */
export const resolve: Resolve = async (name, signal) => {
  signal.throwIfAborted()
  if (LOCAL.test(name)) return [LOOPBACK]
  const resolver = new promises.Resolver({ timeout: ASKED_MS, tries: TIMES })
  const cancel = () => resolver.cancel()
  signal.addEventListener('abort', cancel, { once: true })
  try {
    const [four, six] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
    signal.throwIfAborted()
    const found = [four, six].flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
    if (found.length === 0 && four.status === 'rejected') throw four.reason
    return found
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}
