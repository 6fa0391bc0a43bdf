import assert from 'node:assert/strict'
import { test } from 'node:test'
import { destinationIn, destinationOf, mayReach, originOf } from './mcp-hosts.ts'

test('a link leads to one host by every reader, or to none', () => {
  for (const [link, origin] of [
    ['https://mcp.example.com', 'https://mcp.example.com'],
    ['HTTPS://MCP.Example.com/sse?a=b@c#d', 'https://mcp.example.com'],
    ['https://mcp.example.com:443/', 'https://mcp.example.com'],
    ['https://mcp.example.com:8443/x', 'https://mcp.example.com:8443'],
    ['http://mcp.example.com:80', 'http://mcp.example.com'],
    ['https://xn--bcher-kva.example/', 'https://xn--bcher-kva.example'],
    ['https://10.0.0.1/mcp', 'https://10.0.0.1'],
    ['https://[::1]:9000/mcp', 'https://[::1]:9000'],
    // Another name than without the dot, for whoever allows hosts.
    ['https://mcp.example.com./', 'https://mcp.example.com.'],
  ] as const)
    assert.equal(originOf(link), origin, link)
  for (const link of [
    ...[
      '',
      'mcp.example.com',
      '//mcp.example.com',
      'https:mcp.example.com',
      'https:/mcp.example.com',
      'ftp://mcp.example.com',
    ],
    ...[
      'https://user@mcp.example.com',
      'https://mcp.example.com@evil.example',
      'https://mcp.example.com:x@evil.example/',
    ],
    ...[
      'https://mcp.example.com\\@evil.example',
      'https://mcp.example.com\\evil',
      'https://evil.example\\.mcp.example.com',
    ],
    ...['https://mcp.example.com?@evil.example', 'https://mcp.example.com#@evil.example', 'https:///mcp.example.com'],
    ...[
      ' https://mcp.example.com',
      'https://mcp.example.com ',
      'https://mcp.example.com/a b',
      'https://mcp.exam\tple.com',
    ],
    ...['https://mcp.example.com\n', 'https://mcp.example.com/\u0000', 'https://mcp.example.com%2eevil.example/'],
    ...['https://mcp%2eexample.com', 'https://bücher.example', 'https://mcp。example.com', 'https://ｍcp.example.com'],
    ...[
      'https://2130706433/',
      'https://0x7f.1/',
      'https://127.1/',
      'https://0177.0.0.1/',
      'https://[0:0:0:0:0:0:0:1]/',
    ],
    ...[
      'https://mcp.example.com:0443/',
      'https://mcp.example.com:',
      'https://mcp.example.com:70000',
      'https://mcp.example.com:80a',
    ],
    `https://mcp.example.com/${'x'.repeat(2048)}`,
  ])
    assert.equal(originOf(link), null, link)
})

test('what is allowed is a host, by https unless another is said, or what an account has', () => {
  for (const [text, as] of [
    ['mcp.example.com', 'https://mcp.example.com'],
    ['MCP.example.com:8443', 'https://mcp.example.com:8443'],
    ['http://10.0.0.1:9000', 'http://10.0.0.1:9000'],
    ['connector:connector_gmail', 'connector:connector_gmail'],
    ['tunnel:tunnel_1', 'tunnel:tunnel_1'],
  ] as const)
    assert.equal(destinationIn(text), as)
  for (const text of [
    '',
    '*',
    '*.example.com',
    'mcp.example.com/',
    'https://a/b',
    'a@b',
    'connector:',
    'tunnel:a b',
    'ftp://a',
  ])
    assert.throws(() => destinationIn(text), /is no host/, text)
})

test('a project reaches what is allowed to it or to all, and nothing else', () => {
  const hosts = new Map([
    ['*', new Set(['https://all.example'])],
    ['proj_1', new Set(['https://one.example', 'connector:gmail'])],
  ])
  const to = (project: string, field: string, value: unknown) => {
    const where = destinationOf(field, value)
    return where !== null && mayReach(hosts, project, where)
  }
  for (const project of ['proj_1', 'proj_2']) assert.ok(to(project, 'server_url', 'https://all.example/sse'))
  assert.deepEqual(
    ['proj_1', 'proj_2', 'toString', '*'].map((project) => to(project, 'server_url', 'https://one.example/sse')),
    [true, false, false, false],
  )
  assert.ok(to('proj_1', 'connector_id', 'gmail'))
  for (const [field, value] of [
    ['tunnel_id', 'gmail'],
    ['connector_id', ['gmail']],
    ['connector_id', 'Gmail'],
    ['server_url', 'connector:gmail'],
    ['server_url', 'http://one.example'],
    ['server_url', 'https://one.example.'],
    ['server_url', 'https://sub.one.example'],
    ['toString', 'gmail'],
  ] as const)
    assert.ok(!to('proj_1', field, value), `${field} ${value}`)
})
