import assert from 'node:assert/strict'
import { BlockList } from 'node:net'
import { test } from 'node:test'
import { isPublicAddress, mayCall } from './public-address.ts'

const inside = [
  ...['0.0.0.0', '10.0.0.1', '100.64.0.1', '127.0.0.1', '127.255.255.255', '169.254.169.254', '172.16.0.1'],
  ...['172.31.255.255', '192.0.0.1', '192.0.2.1', '192.88.99.1', '192.168.0.1', '198.18.0.1', '198.19.255.255'],
  ...['198.51.100.1', '203.0.113.1', '224.0.0.1', '239.1.1.1', '240.0.0.1', '255.255.255.255'],
  ...['::', '::1', '::7f00:1', '::ffff:8.8.8.8', '::ffff:127.0.0.1', '64:ff9b::8.8.8.8', '64:ff9b:1::1', '100::1'],
  ...[
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '3fff::1',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'fec0::1',
    'ff02::1',
  ],
  ...['2001:4860:4860::8888%eth0', 'localhost', '', '8.8.8', '8.8.8.8.8'],
]
const outside = ['1.1.1.1', '8.8.8.8', '100.128.0.1', '172.32.0.1', '192.0.1.1', '198.20.0.1', '223.255.255.255']
const six = ['2606:4700::1111', '2a00:1450::1', '2001:4860:4860::8888', '2400:cb00::1']

test('only addresses that anybody on the internet can have are public', () => {
  for (const address of inside) assert.equal(isPublicAddress(address), false, address)
  for (const address of [...outside, ...six]) assert.equal(isPublicAddress(address), true, address)
})

/** Where clouds tell their own machines who these are and what their passwords are. */
const clouds = {
  'AWS, Azure, Google, Oracle, OpenStack, DigitalOcean, Hetzner, IBM': ['169.254.169.254', 'fe80::a9fe:a9fe'],
  'AWS: containers, names, time': ['169.254.170.2', '169.254.170.23', 'fd00:ec2::23', 'fd00:ec2::253', 'fd00:ec2::254'],
  'Azure: the wire server': ['168.63.129.16', '::ffff:168.63.129.16', '64:ff9b::a83f:8110', '2002:a83f:8110::1'],
  'Google: IPv6': ['fd20:ce::254'],
  Alibaba: ['100.100.100.200', '100.100.2.136'],
  Oracle: ['192.0.0.192', 'fd00:c1::a9fe:a9fe'],
  Tencent: ['169.254.0.23'],
  Scaleway: ['169.254.42.42', 'fd00:42::42'],
  'IBM: services': ['161.26.0.10', '166.8.0.1', '166.11.255.255'],
} as const

test('no address by which a cloud tells its machines their secrets is public', () => {
  for (const [cloud, addresses] of Object.entries(clouds))
    for (const address of addresses) assert.equal(isPublicAddress(address), false, `${cloud} ${address}`)
  for (const beside of [
    '168.63.129.15',
    '168.63.129.17',
    '161.25.255.255',
    '161.27.0.0',
    '166.7.255.255',
    '166.12.0.0',
  ])
    assert.equal(isPublicAddress(beside), true, beside)
})

test('what an operator allows besides is allowed, however it is written, and nothing else', () => {
  const also = new BlockList()
  also.addSubnet('10.0.0.0', 8, 'ipv4')
  also.addSubnet('fd00::', 8, 'ipv6')
  for (const address of ['10.1.2.3', '::ffff:10.1.2.3', 'fd00::1', '8.8.8.8'])
    assert.ok(mayCall(address, also), address)
  for (const address of ['127.0.0.1', '::1', 'fe80::1', 'fd00::1%eth0', 'localhost', ''])
    assert.ok(!mayCall(address, also), address)
  assert.ok(!mayCall('10.1.2.3', null))
})
