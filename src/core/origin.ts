import { type BlockList, isIP, isIPv6 } from 'node:net'

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
  for (const hop of forwarded.split(',').reverse()) {
    const written = plain(hop.trim())
    if (!isIP(written)) break
    address = written
    if (!isTrusted(trusted, written)) break
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
