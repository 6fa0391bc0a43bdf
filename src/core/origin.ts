import { type BlockList, isIP, isIPv6 } from 'node:net'

/** Most entries of `x-forwarded-for` that are read, from its end: no request comes through more trusted proxies. */
const MOST_HOPS = 32

/**
 * The address a request came from: the connection's own, unless that is a trusted proxy; then the last address in
 * `x-forwarded-for` that no trusted proxy wrote. What a stranger writes into that header is never believed.
 */
export function clientAddress(
  remote: string | undefined,
  forwarded: string | undefined,
  trusted: BlockList | null,
): string | null {
  const direct = plain(remote ?? '')
  if (!isIP(direct)) return null
  if (!trusted || !isTrusted(trusted, direct) || !forwarded) return direct
  let address = direct
  let end = forwarded.length
  for (let hops = 0; hops < MOST_HOPS && end >= 0; hops++) {
    const comma = end === 0 ? -1 : forwarded.lastIndexOf(',', end - 1)
    const written = plain(forwarded.slice(comma + 1, end).trim())
    if (!isIP(written)) break
    address = written
    if (!isTrusted(trusted, written)) break
    end = comma
  }
  return address
}

function isTrusted(trusted: BlockList, address: string): boolean {
  return trusted.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

/** Whether a connection comes from a trusted proxy. @param remote the connection's own address */
export function isTrustedPeer(trusted: BlockList | null, remote: string | undefined): boolean {
  const direct = plain(remote ?? '')
  return trusted !== null && isIP(direct) !== 0 && isTrusted(trusted, direct)
}

/** An IPv4 address that an IPv6 socket shows as `::ffff:1.2.3.4`. */
const plain = (address: string) => address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')
