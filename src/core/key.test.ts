import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { describeKey, hashSecret, isAdminKey, type KeyKind, keyKind, mintKey, mintToken, redact } from './key.ts'

const prefixes: [KeyKind, string][] = [
  ['user', 'sk-proj-'],
  ['service_account', 'sk-svcacct-'],
  ['admin', 'sk-admin-'],
]
/** Made once: a property that mints anew cannot shrink to the case that broke it. */
const checked = (['user', 'service_account'] as const).map((kind) => mintKey(kind).value)

test('a minted key carries 256 bits behind the prefix of its kind, and is known as that kind', () => {
  for (const [kind, prefix] of prefixes) {
    const { value } = mintKey(kind)
    assert.ok(value.startsWith(prefix))
    assert.match(value.slice(prefix.length), /^[A-Za-z0-9_-]{49}$/)
    assert.equal(Buffer.from(value.slice(prefix.length, prefix.length + 43), 'base64url').length, 32)
    assert.equal(keyKind(value), kind)
    assert.notEqual(mintKey(kind).value, value)
  }
})

test('of a key only its SHA-256 and its redacted form are kept', () => {
  const { value, hash, redacted } = mintKey('user')
  assert.equal(hash, createHash('sha256').update(value).digest('hex'))
  assert.deepEqual(describeKey(value), { value, hash, redacted })
  assert.equal(hashSecret('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})

test('any one-character change of a project or service-account key is refused without a look-up', () => {
  const change = fc.record({
    value: fc.constantFrom(...checked),
    at: fc.nat(),
    character: fc.oneof(fc.constantFrom(...'ABCXYZabcxyz0189-_ =+/'), fc.string({ minLength: 1, maxLength: 1 })),
  })
  fc.assert(
    fc.property(change, ({ value, at, character }) => {
      const i = at % value.length
      fc.pre(value[i] !== character)
      assert.equal(keyKind(value.slice(0, i) + character + value.slice(i + 1)), null)
    }),
    { numRuns: 2000 },
  )
})

test('every character of a key is guarded, in every place', () => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  for (const value of checked) {
    for (let i = 0; i < value.length; i++) {
      const accepted = [...alphabet].filter((c) => keyKind(value.slice(0, i) + c + value.slice(i + 1)) !== null)
      assert.deepEqual(accepted, [value[i]], `place ${i} of ${value}`)
    }
  }
})

test('a key that lost, doubled or swapped characters is refused', () => {
  for (const value of checked) {
    for (let i = 0; i < value.length; i++) {
      const lost = value.slice(0, i) + value.slice(i + 1)
      const doubled = value.slice(0, i + 1) + value.slice(i)
      assert.equal(keyKind(lost), null, lost)
      assert.equal(keyKind(doubled), null, doubled)
      if (i + 1 === value.length || value[i] === value[i + 1]) continue
      const swapped = value.slice(0, i) + value[i + 1] + value[i] + value.slice(i + 2)
      assert.equal(keyKind(swapped), null, swapped)
    }
  }
})

test('a key of one kind does not pass for another by its prefix', () => {
  const [user = '', account = ''] = checked
  assert.equal(keyKind(`sk-svcacct-${user.slice('sk-proj-'.length)}`), null)
  assert.equal(keyKind(`sk-proj-${account.slice('sk-svcacct-'.length)}`), null)
  assert.equal(keyKind(user.toUpperCase()), null)
  assert.equal(keyKind(` ${user}`), null)
  assert.equal(keyKind(`${user}\n`), null)
})

test('any text at all is either a key of a kind or none: it never throws', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string().map((rest) => `sk-proj-${rest}`),
    fc.string().map((rest) => `sk-svcacct-${rest}`),
  )
  fc.assert(fc.property(text, (wild) => assert.equal(keyKind(wild), null)))
})

test('an admin key needs no checksum: 32 to 512 characters of the alphabet behind the prefix', () => {
  const body = (length: number) => 'aZ9_-'.repeat(200).slice(0, length)
  const accepted = [body(32), body(512), '_'.repeat(32), mintKey('admin').value.slice('sk-admin-'.length)]
  for (const rest of accepted) {
    assert.ok(isAdminKey(`sk-admin-${rest}`), rest)
    assert.equal(keyKind(`sk-admin-${rest}`), 'admin')
  }
  const refused = [
    '',
    body(31),
    body(513),
    `${body(40)}.`,
    `${body(40)} `,
    `${body(40)}\n`,
    `${body(40)}é`,
    `\n${body(40)}`,
  ]
  for (const rest of refused) {
    assert.equal(isAdminKey(`sk-admin-${rest}`), false, JSON.stringify(rest))
    assert.equal(keyKind(`sk-admin-${rest}`), null, JSON.stringify(rest))
  }
  assert.equal(isAdminKey(`SK-ADMIN-${body(40)}`), false)
  assert.equal(isAdminKey(`x sk-admin-${body(40)}`), false)
})

test('a redacted key keeps its length, its first 8 and its last 4 characters, and nothing else', () => {
  assert.equal(redact('sk-proj-ABCDEFGHwxyz'), 'sk-proj-********wxyz')
  fc.assert(
    fc.property(fc.string({ minLength: 13, maxLength: 300 }), (value) => {
      const shown = redact(value)
      assert.equal(shown.length, value.length)
      assert.equal(shown.slice(0, 8), value.slice(0, 8))
      assert.equal(shown.slice(-4), value.slice(-4))
      assert.match(shown.slice(8, -4), /^\*+$/)
    }),
  )
})

test('a text too short to hide anything is hidden whole', () => {
  fc.assert(fc.property(fc.string({ maxLength: 12 }), (value) => assert.equal(redact(value), '*'.repeat(value.length))))
})

test("a link's token has 256 bits, and only its hash is for keeping", () => {
  const { value, hash } = mintToken()
  assert.match(value, /^[0-9a-f]{64}$/)
  assert.equal(hash, hashSecret(value))
  assert.notEqual(mintToken().value, value)
})
