import { isIPv6 } from 'node:net'

/** Of an IPv6 address the first 64 bits: whoever has one has all behind them. Any other stands for itself. */
export function networkOf(address: string | null): string {
  if (address === null || !isIPv6(address)) return address ?? 'unknown'
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? []
  const [before, behind] = [groups(head), groups(tail ?? '')]
  const missing = tail === undefined ? 0 : 8 - before.length - behind.length
  return [...before, ...Array<string>(missing).fill('0'), ...behind].slice(0, 4).join(':')
}

/** An IPv4 address at the end is two groups, which nothing here looks at. */
const groups = (text: string) =>
  text === ''
    ? []
    : text.split(':').flatMap((group) => (group.includes('.') ? ['0', '0'] : [Number.parseInt(group, 16).toString(16)]))
