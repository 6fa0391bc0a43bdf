import { BlockList, isIP, isIPv6 } from 'node:net'

/*
 * Which addresses are somebody's on the internet: what a user names is called by this server, and must not lead into the network
 * that it stands in (IANA's registries of special-purpose addresses, RFC 6890).
 */

const special = new BlockList()
for (const [address, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  special.addSubnet(address, bits, 'ipv4')
// Given out, and each leads into the network of a cloud for who stands in it: Azure's wire server, and IBM's services for its own machines. What
// other clouds have of that kind is in the ranges above, or none of the addresses below.
for (const [address, bits] of [
  ['168.63.129.16', 32],
  ['161.26.0.0', 16],
  ['166.8.0.0', 14],
] as const)
  special.addSubnet(address, bits, 'ipv4')
// Of the addresses that are given out: those with another protocol's inside them, and those of examples.
for (const [address, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  special.addSubnet(address, bits, 'ipv6')

/** Of IPv6 all else is loopback, link-local, private, multicast, or an IPv4 address in another form. */
const given = new BlockList()
given.addSubnet('2000::', 3, 'ipv6')

/** Whether an address is one that anybody on the internet can have. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0 || address.includes('%')) return false
  if (isIPv6(address)) return given.check(address, 'ipv6') && !special.check(address, 'ipv6')
  return !special.check(address, 'ipv4')
}

/** Whether this server may call an address for a user. @param also ranges that its operator allows besides; null: none */
export function mayCall(address: string, also: BlockList | null): boolean {
  if (isPublicAddress(address)) return true
  if (also === null || isIP(address) === 0 || address.includes('%')) return false
  return also.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}
