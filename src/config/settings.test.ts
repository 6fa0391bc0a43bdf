import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DATABASE_PRESETS } from '../core/database-settings.ts'
import { clientAddress } from '../core/origin.ts'
import { doors, isConsoleBuilt } from './doors.ts'
import { ConfigError, originOf, readConfig, settingFlags } from './settings.ts'

type Env = Record<string, string | undefined>
type Flags = Record<string, unknown>

const ADMIN_KEY = `sk-admin-${'x'.repeat(32)}`

/** What is wrong with these settings, in the words of the start that they stop. */
function mistakes(env: Env, flags: Flags = {}): readonly string[] {
  try {
    readConfig(env, flags)
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    for (const mistake of error.mistakes) assert.ok(error.message.includes(mistake))
    return error.mistakes
  }
  return []
}

/** What each mistake is about: the name in front of its colon. */
const blamed = (env: Env, flags: Flags = {}) => mistakes(env, flags).map((mistake) => mistake.split(':')[0])

test('nothing set is a server for this machine alone, on SQLite, with every door', () => {
  assert.deepEqual(readConfig({}), {
    host: '127.0.0.1',
    port: 8080,
    databaseUrl: 'sqlite:data/gatehouse.db',
    database: DATABASE_PRESETS,
    workers: 1,
    adminKey: null,
    upstreams: new Map(),
    defaultModels: { moderations: null, images: null },
    mcpHosts: new Map(),
    webhookNetworks: null,
    defaultMaxOutputTokens: 4096,
    bodyBudgetBytes: 268_435_456,
    streamKeepaliveMs: 0,
    files: null,
    drainMs: 10_000,
    serveKnownKeysMs: 5000,
    retention: { usageMinutesDays: 30, responsesDays: 30, auditDays: null },
    console: { localSignIn: true, secondFactor: 'optional', session: { idleSeconds: 43_200, lifeSeconds: 604_800 } },
    models: new Map(),
    trustedProxies: null,
    tls: null,
    adminMtls: false,
    revokedStreams: 'end',
    corsOrigins: 'any',
    adminCorsOrigins: new Set(),
    publicUrl: null,
    oidc: null,
    smtp: null,
    redis: null,
    logLevel: 'info',
    doors: doors.filter((door) => door !== 'console' || isConsoleBuilt()),
  })
})

test('every mistake is told at once', () => {
  const env = {
    GATEHOUSE_PORT: '80a',
    GATEHOUSE_DATABASE_URL: 'mysql://db/x',
    GATEHOUSE_ADMIN_KEY: 'short',
    GATEHOUSE_UPSTREAM_URL: 'models.internal/v1',
    GATEHOUSE_TRUSTED_PROXIES: '10.0.0.0/33',
    GATEHOUSE_PUBLIC_URL: 'ftp://gate.example',
    GATEHOUSE_REDIS_URL: 'http://cache',
    GATEHOUSE_PROT: '9090',
  }
  const flags = { 'log-level': 'loud', only: 'admin,cellar' }
  assert.deepEqual(blamed(env, flags).toSorted(), [
    '--log-level',
    '--only',
    'GATEHOUSE_ADMIN_KEY',
    'GATEHOUSE_DATABASE_URL',
    'GATEHOUSE_PORT',
    'GATEHOUSE_PROT',
    'GATEHOUSE_PUBLIC_URL',
    'GATEHOUSE_REDIS_URL',
    'GATEHOUSE_TRUSTED_PROXIES',
    'GATEHOUSE_UPSTREAM_URL',
  ])
})

test('a key for an upstream that is not there is told together with the other mistakes', () => {
  assert.deepEqual(blamed({ GATEHOUSE_UPSTREAM_KEY: 'k' }), ['GATEHOUSE_UPSTREAM_KEY'])
  const both = { GATEHOUSE_UPSTREAM_KEY: 'k', GATEHOUSE_PORT: 'x' }
  assert.deepEqual(blamed(both).toSorted(), ['GATEHOUSE_PORT', 'GATEHOUSE_UPSTREAM_KEY'])
  // A URL that is there but wrong is one mistake, not two.
  assert.deepEqual(blamed({ GATEHOUSE_UPSTREAM_KEY: 'k', GATEHOUSE_UPSTREAM_URL: 'x' }), ['GATEHOUSE_UPSTREAM_URL'])
})

test('a name that looks like a setting and is none is refused, so that no typo is a setting that does nothing', () => {
  assert.deepEqual(blamed({ GATEHOUSE_PRT: '1', GATEHOUSE_ADMINKEY: 'x' }), ['GATEHOUSE_PRT', 'GATEHOUSE_ADMINKEY'])
  assert.deepEqual(blamed({ GATEHOUSE_port: '1' }), ['GATEHOUSE_port'])
  assert.deepEqual(blamed({ PORT: '1', HOST: 'x', GATEHOUSES: '1' }), [])
})

test('a flag wins over the environment, and the environment over the default', () => {
  const env = { GATEHOUSE_PORT: '9000', GATEHOUSE_HOST: '::1', GATEHOUSE_LOG_LEVEL: 'warn' }
  const config = readConfig(env, { port: '9001', 'log-level': 'debug' })
  assert.deepEqual([config.port, config.host, config.logLevel], [9001, '::1', 'debug'])
})

test('a right flag makes good for a wrong environment, and a wrong flag is blamed by its own name', () => {
  assert.equal(readConfig({ GATEHOUSE_PORT: 'x' }, { port: '1' }).port, 1)
  assert.deepEqual(blamed({ GATEHOUSE_PORT: '1' }, { port: 'x' }), ['--port'])
})

test('every setting has its flag', () => {
  assert.deepEqual(Object.keys(settingFlags).toSorted(), [
    'admin-cors-origins',
    'admin-key',
    'admin-mtls',
    'config',
    'cors-origins',
    'database-direct-url',
    'database-url',
    'files',
    'host',
    'log-level',
    'oidc-client-id',
    'oidc-client-secret',
    'oidc-issuer',
    'port',
    'public-url',
    'redis-url',
    'revoked-streams',
    'smtp-url',
    'stream-keepalive-seconds',
    'tls-cert',
    'tls-key',
    'trusted-proxies',
    'upstream-asks-for-usage',
    'upstream-key',
    'upstream-kind',
    'upstream-offers',
    'upstream-url',
    'webhook-networks',
    'workers',
  ])
})

test('an empty value in the environment is an absent one, whoever it is for', () => {
  const empty = ['HOST', 'PORT', 'DATABASE_URL', 'ADMIN_KEY', 'UPSTREAM_URL', 'UPSTREAM_KEY', 'TRUSTED_PROXIES']
  const more = ['PUBLIC_URL', 'SMTP_URL', 'LOG_LEVEL', 'REDIS_URL', 'NONSENSE']
  const env = Object.fromEntries([...empty, ...more].map((name) => [`GATEHOUSE_${name}`, '']))
  assert.deepEqual(readConfig(env), readConfig({}))
})

test('an empty flag is an absent one too: `--host "$UNSET"` must not listen on every address', () => {
  assert.equal(readConfig({}, { host: '' }).host, '127.0.0.1')
  assert.equal(readConfig({ GATEHOUSE_HOST: '::1' }, { host: '' }).host, '::1')
  assert.deepEqual(
    readConfig({}, Object.fromEntries(Object.keys(settingFlags).map((flag) => [flag, '']))),
    readConfig({}),
  )
})

test('a port is a whole number from 0 to 65535', () => {
  for (const [text, port] of [
    ['0', 0],
    ['8080', 8080],
    ['65535', 65_535],
  ] as const) {
    assert.equal(readConfig({ GATEHOUSE_PORT: text }).port, port)
  }
  for (const text of ['65536', '-1', '8080.5', '8e3', '0x1f', ' 80', '99999999999999999999', 'http']) {
    assert.deepEqual(blamed({ GATEHOUSE_PORT: text }), ['GATEHOUSE_PORT'], text)
  }
})

test('the database is SQLite or PostgreSQL, by its scheme', () => {
  const right = ['sqlite:x', 'sqlite::memory:', 'postgres://u:p@h:5432/d', 'postgresql://h/d?sslmode=require']
  for (const url of right) assert.equal(readConfig({ GATEHOUSE_DATABASE_URL: url }).databaseUrl, url)
  for (const url of ['sqlite:', 'x.db', 'mysql://h/d', 'postgres:h', 'POSTGRES', 'postgres://h:99999/d']) {
    assert.deepEqual(blamed({ GATEHOUSE_DATABASE_URL: url }), ['GATEHOUSE_DATABASE_URL'], url)
  }
})

test('a URL is kept without slashes at its end', () => {
  const env = { GATEHOUSE_UPSTREAM_URL: 'https://models.internal:8443/base/v1//', GATEHOUSE_PUBLIC_URL: 'http://g/' }
  const config = readConfig(env)
  assert.equal(config.upstreams.get('default')?.url, 'https://models.internal:8443/base/v1')
  assert.equal(config.publicUrl, 'http://g')
})

test('a URL with a password, a query or a fragment, or of another scheme, is refused', () => {
  const wrong = [
    'http://u:p@h/v1',
    'http://u@h',
    'http://h/v1?x=1',
    'http://h/#x',
    'h/v1',
    'ws://h',
    'file:///etc',
    '//h',
  ]
  for (const url of wrong) {
    assert.deepEqual(blamed({ GATEHOUSE_UPSTREAM_URL: url }), ['GATEHOUSE_UPSTREAM_URL'], url)
    assert.deepEqual(blamed({ GATEHOUSE_PUBLIC_URL: url }), ['GATEHOUSE_PUBLIC_URL'], url)
  }
})

test('no mistake repeats a secret: what stops a start ends in logs', () => {
  const urls = ['http://u:hunter2@h', 'ftp://u:hunter2@h/v1', 'http://u:hunter2@h h/v1', 'redis://:hunter2@h/x']
  for (const url of urls) {
    const env = { GATEHOUSE_UPSTREAM_URL: url, GATEHOUSE_PUBLIC_URL: url, GATEHOUSE_DATABASE_URL: `mysql${url}` }
    const told = mistakes({
      ...env,
      GATEHOUSE_REDIS_URL: url,
      GATEHOUSE_SMTP_URL: url,
      GATEHOUSE_ADMIN_KEY: 'hunter2',
    })
    assert.equal(told.length, 6)
    assert.ok(!told.join('\n').includes('hunter2'), told.join('\n'))
  }
})

test('the first admin key has the form of one', () => {
  assert.equal(readConfig({ GATEHOUSE_ADMIN_KEY: ADMIN_KEY }).adminKey, ADMIN_KEY)
  for (const key of [ADMIN_KEY.slice(1), ADMIN_KEY.slice(0, -1), `${ADMIN_KEY} `, `sk-proj-${'x'.repeat(49)}`]) {
    assert.deepEqual(blamed({ GATEHOUSE_ADMIN_KEY: key }), ['GATEHOUSE_ADMIN_KEY'], key)
  }
})

test("an upstream's key that no header can carry is refused", () => {
  const url = { GATEHOUSE_UPSTREAM_URL: 'http://h/v1' }
  assert.equal(readConfig({ ...url, GATEHOUSE_UPSTREAM_KEY: 'sk-a.b_c=' }).upstreams.get('default')?.key, 'sk-a.b_c=')
  for (const key of ['two\nlines', 'a key', 'clé', 'nul\0', 'tab\t']) {
    assert.deepEqual(blamed({ ...url, GATEHOUSE_UPSTREAM_KEY: key }), ['GATEHOUSE_UPSTREAM_KEY'], JSON.stringify(key))
  }
})

test('a host is a name or an address, not a URL or a host with its port', () => {
  for (const host of ['0.0.0.0', '::', 'localhost', 'gate.internal']) {
    assert.equal(readConfig({ GATEHOUSE_HOST: host }).host, host)
  }
  for (const host of ['http://gate', '127.0.0.1:8080', '[::1]:80', 'a b', ' ']) {
    assert.deepEqual(blamed({ GATEHOUSE_HOST: host }), ['GATEHOUSE_HOST'], JSON.stringify(host))
  }
})

test('trusted proxies are addresses and ranges of both families', () => {
  const { trustedProxies } = readConfig({ GATEHOUSE_TRUSTED_PROXIES: '10.0.0.0/8, 192.0.2.7,fd00::/8,::1' })
  const believed = (proxy: string) => clientAddress(proxy, '203.0.113.9', trustedProxies) === '203.0.113.9'
  for (const proxy of ['10.255.0.1', '192.0.2.7', 'fd12::1', '::1', '::ffff:10.0.0.1'])
    assert.ok(believed(proxy), proxy)
  for (const proxy of ['11.0.0.1', '192.0.2.8', 'fe80::1', '::2', '127.0.0.1']) assert.ok(!believed(proxy), proxy)
  assert.equal(readConfig({}).trustedProxies, null)
})

test('what is neither an address nor a range is refused, and named', () => {
  const wrong = [
    '10.0.0.0/33',
    'fd00::/129',
    '10.0.0.0/',
    '10.0.0.0/a',
    '10.0.0.0/8/8',
    '10.0.0',
    'proxy',
    '*',
    '10.0.0.1,',
    '/8',
  ]
  for (const text of wrong) {
    assert.deepEqual(blamed({ GATEHOUSE_TRUSTED_PROXIES: text }), ['GATEHOUSE_TRUSTED_PROXIES'], text)
  }
  assert.match(mistakes({ GATEHOUSE_TRUSTED_PROXIES: '10.0.0.0/8,nonsense' })[0] ?? '', /'nonsense'/)
})

test('log levels are those of the logger', () => {
  for (const level of ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']) {
    assert.equal(readConfig({ GATEHOUSE_LOG_LEVEL: level }).logLevel, level)
  }
  for (const level of ['INFO', 'verbose', '30']) {
    assert.deepEqual(blamed({ GATEHOUSE_LOG_LEVEL: level }), ['GATEHOUSE_LOG_LEVEL'], level)
  }
})

test('mail goes through the server that its URL names', () => {
  const { smtp } = readConfig({ GATEHOUSE_SMTP_URL: 'smtps://gate:hunter2@mail.example?from=gate@corp.example' })
  assert.deepEqual(smtp, {
    host: 'mail.example',
    port: 465,
    secure: true,
    requireTls: false,
    auth: { user: 'gate', pass: 'hunter2' },
    from: 'gate@corp.example',
  })
  assert.deepEqual(blamed({ GATEHOUSE_SMTP_URL: 'mail.example' }), ['GATEHOUSE_SMTP_URL'])
})

test('a listener is named as a URL has to write it', () => {
  assert.equal(originOf(false, '127.0.0.1', 8080), 'http://127.0.0.1:8080')
  assert.equal(originOf(true, '::1', 443), 'https://[::1]:443')
})
