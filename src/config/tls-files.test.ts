import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { type TlsFiles, tlsFiles } from '../../test/listener/tls.ts'
import { type KeyPair, makeServer } from '../../test/support/certificates.ts'
import { ConfigError, readConfig } from './settings.ts'

let files: TlsFiles
let good: KeyPair
let other: KeyPair
before(async () => {
  files = await tlsFiles()
  ;[good, other] = [await makeServer(files.authority), await makeServer(files.authority)]
})
after(() => files[Symbol.asyncDispose]())

function mistakes(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env)
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return error.mistakes
  }
  return []
}

const path = (name: string) => join(dirname(files.env.GATEHOUSE_TLS_CERT), name)
const both = (cert: string, key: string) => ({ GATEHOUSE_TLS_CERT: path(cert), GATEHOUSE_TLS_KEY: path(key) })

test('a certificate, with its chain or alone, and its key are taken', () => {
  writeFileSync(path('cert'), good.cert)
  writeFileSync(path('chain'), `${good.cert}\n${files.ca}\n`)
  writeFileSync(path('key'), good.key)
  for (const cert of ['cert', 'chain']) {
    assert.deepEqual(readConfig(both(cert, 'key')).tls, { cert: path(cert), key: path('key') })
  }
  assert.equal(readConfig({}).tls, null)
})

test('everything that is wrong with the TLS files is told at the start, and no secret with it', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const pem = { type: 'pkcs8', format: 'pem' } as const
  const contents: Record<string, string> = {
    cert: good.cert,
    key: good.key,
    other: other.key,
    empty: '',
    garbage: '-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n',
    wrongOrder: `${files.ca}\n${good.cert}\n`,
    encrypted: privateKey.export({ ...pem, cipher: 'aes-256-cbc', passphrase: 'hunter2' }).toString(),
  }
  for (const [name, content] of Object.entries(contents)) writeFileSync(path(name), content)
  const [CERT, KEY] = ['GATEHOUSE_TLS_CERT', 'GATEHOUSE_TLS_KEY']
  const wrong: [cert: string, key: string, told: RegExp[]][] = [
    ['missing', 'key', [new RegExp(`^${CERT}: '.*missing' cannot be read \\(ENOENT\\)`)]],
    ['missing', 'missing', [new RegExp(`^${CERT}: .*ENOENT`), new RegExp(`^${KEY}: .*ENOENT`)]],
    ['.', 'key', [new RegExp(`^${CERT}: .*EISDIR`)]],
    [
      'empty',
      'empty',
      [new RegExp(`^${CERT}: the file holds no certificate`), new RegExp(`^${KEY}: .* no private key`)],
    ],
    ['garbage', 'key', [new RegExp(`^${CERT}: its first certificate cannot be read`)]],
    ['key', 'cert', [new RegExp(`^${CERT}: .* no certificate`), new RegExp(`^${KEY}: .* no private key`)]],
    ['cert', 'other', [new RegExp(`^${KEY}: the key does not belong`)]],
    ['wrongOrder', 'key', [new RegExp(`^${KEY}: the key does not belong to the first`)]],
    ['cert', 'encrypted', [new RegExp(`^${KEY}: the key is encrypted`)]],
  ]
  for (const [cert, key, patterns] of wrong) {
    const told = mistakes(both(cert, key))
    assert.equal(told.length, patterns.length, told.join('\n'))
    for (const [i, pattern] of patterns.entries()) assert.match(told[i] ?? '', pattern)
    assert.ok(!told.join('').includes('PRIVATE'), told.join('\n'))
  }
})

test('a certificate without its key, or a key without its certificate, is a mistake', () => {
  const { GATEHOUSE_TLS_CERT, GATEHOUSE_TLS_KEY } = files.env
  assert.match(mistakes({ GATEHOUSE_TLS_CERT })[0] ?? '', /^GATEHOUSE_TLS_CERT: TLS needs GATEHOUSE_TLS_KEY too/)
  assert.match(mistakes({ GATEHOUSE_TLS_KEY })[0] ?? '', /^GATEHOUSE_TLS_KEY: TLS needs GATEHOUSE_TLS_CERT too/)
})

test('client certificates for the administration need a way to come in', () => {
  const on = { GATEHOUSE_ADMIN_MTLS: 'on' }
  assert.match(mistakes(on).join(), /^GATEHOUSE_ADMIN_MTLS: no client certificate can reach this server/)
  assert.equal(mistakes({ GATEHOUSE_ADMIN_MTLS: 'yes' }).length, 1)
  assert.equal(readConfig({ ...on, ...files.env }).adminMtls, true)
  assert.equal(readConfig({ ...on, GATEHOUSE_TRUSTED_PROXIES: '10.0.0.1' }).adminMtls, true)
  assert.equal(readConfig({ GATEHOUSE_ADMIN_MTLS: 'off' }).adminMtls, false)
  assert.equal(readConfig({}).adminMtls, false)
})
