import assert from 'node:assert/strict'
import { BlockList } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { clientAddress } from './origin.ts'

const trusted = new BlockList()
trusted.addSubnet('10.0.0.0', 8, 'ipv4')
trusted.addAddress('192.0.2.7')
trusted.addSubnet('fd00::', 8, 'ipv6')

type Case = [why: string, remote: string | undefined, forwarded: string | undefined, address: string | null]

const cases: Case[] = [
  ['a connection without a header is its own', '203.0.113.9', undefined, '203.0.113.9'],
  ['a stranger who writes the header is still the stranger', '203.0.113.9', '198.51.100.1', '203.0.113.9'],
  ['a stranger who names a trusted proxy is still the stranger', '203.0.113.9', '10.0.0.1, 192.0.2.7', '203.0.113.9'],
  ['a trusted proxy says who called it', '10.0.0.1', '203.0.113.9', '203.0.113.9'],
  ['a single trusted address counts like a range', '192.0.2.7', '203.0.113.9', '203.0.113.9'],
  ['its neighbour is not trusted', '192.0.2.8', '203.0.113.9', '192.0.2.8'],
  ['what the client wrote before the proxy is not believed', '10.0.0.1', '1.1.1.1, 203.0.113.9', '203.0.113.9'],
  ['nor is a trusted address that the client wrote', '10.0.0.1', '10.9.9.9, 203.0.113.9', '203.0.113.9'],
  [
    'a chain of trusted proxies is followed to the client',
    '10.0.0.1',
    '203.0.113.9, 10.0.0.3, 10.0.0.2',
    '203.0.113.9',
  ],
  ['a call from within is the first of the proxies', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
  ['a trusted proxy that adds nothing is the origin', '10.0.0.1', undefined, '10.0.0.1'],
  ['so is one with an empty header', '10.0.0.1', '', '10.0.0.1'],
  ['what is no address ends the chain there', '10.0.0.1', '203.0.113.9, unknown, 10.0.0.2', '10.0.0.2'],
  ['a name is no address', '10.0.0.1', 'example.com', '10.0.0.1'],
  ['an address with a port is none', '10.0.0.1', '203.0.113.9:4711', '10.0.0.1'],
  ['an octal or hexadecimal address is none', '10.0.0.1', '0xcb007109, 012.0.0.1', '10.0.0.1'],
  ['blanks around addresses do not matter', '10.0.0.1', '  203.0.113.9 ,\t10.0.0.2 ', '203.0.113.9'],
  ['an IPv4 client on an IPv6 socket is shown as IPv4', '::ffff:203.0.113.9', undefined, '203.0.113.9'],
  ['an IPv4 proxy on an IPv6 socket is trusted as IPv4', '::ffff:10.0.0.1', '203.0.113.9', '203.0.113.9'],
  ['so is one in the chain', '10.0.0.1', '203.0.113.9, ::FFFF:10.0.0.2', '203.0.113.9'],
  ['a mapped stranger is a stranger', '::ffff:203.0.113.9', '198.51.100.1', '203.0.113.9'],
  ['an IPv6 proxy is trusted by its range', 'fd00::1', '2001:db8::9', '2001:db8::9'],
  ['an IPv6 stranger is not', '2001:db8::1', '198.51.100.1', '2001:db8::1'],
  ['a link-local address with its zone is an address', 'fe80::1%eth0', '198.51.100.1', 'fe80::1%eth0'],
  ['a closed connection has no address', undefined, '203.0.113.9', null],
  ['nor has a unix socket', '', undefined, null],
]

for (const [why, remote, forwarded, address] of cases) {
  test(why, () => assert.equal(clientAddress(remote, forwarded, trusted), address))
}

test('without trusted proxies nobody is believed, not even this machine', () => {
  for (const remote of ['127.0.0.1', '::1', '10.0.0.1', '203.0.113.9']) {
    assert.equal(clientAddress(remote, '198.51.100.1', null), remote)
  }
})

test('whatever a stranger writes, the address is the one of the connection', () => {
  const header = fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), { maxLength: 6 }).map((hops) => hops.join(', '))
  fc.assert(
    fc.property(header, (forwarded) => assert.equal(clientAddress('203.0.113.9', forwarded, trusted), '203.0.113.9')),
  )
})

test('whatever a client wrote before it, what the trusted proxy added last is believed', () => {
  const header = fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), { maxLength: 6 }).map((hops) => hops.join(', '))
  fc.assert(
    fc.property(header, (written) =>
      assert.equal(clientAddress('10.0.0.1', `${written}, 203.0.113.9`, trusted), '203.0.113.9'),
    ),
  )
})
