import assert from 'node:assert/strict'
import { test } from 'node:test'
import { claimsOf } from './claims.ts'

const rules = {
  scopes: [],
  groupsClaim: 'groups',
  groups: { a: 'group_a', b: 'group_b', also_a: 'group_a' },
  unknownUsers: 'refuse',
} as const
const of = (said: Record<string, unknown>) => claimsOf({ sub: 'x', ...said }, {}, rules)

test('an address is what can be one, and no other than it looks like', () => {
  assert.equal(of({ email: 'Ada@Example.com' }).email, 'Ada@Example.com')
  assert.equal(of({ email: 'ådä@example.com' }).email, 'ådä@example.com')
  // The Kelvin sign, which is a k where it is made small; and an Å of two kinds.
  for (const email of [
    '\u212Aate@example.com',
    '\u212Bda@example.com',
    'no address',
    'a@b@c',
    '',
    'a\n@b',
    '\ud800@example.com',
    7,
    null,
    undefined,
  ]) {
    assert.equal(of({ email }).email, null, `${email}`)
  }
  assert.equal(of({ email: `${'a'.repeat(250)}@example.com` }).email, null)
})

test('an address is verified where the provider says so, and not by any other word', () => {
  for (const said of [true, 'true']) assert.ok(of({ email_verified: said }).isVerified)
  for (const said of [false, 'false', 1, 'yes', [true], {}, null, undefined]) {
    assert.ok(!of({ email_verified: said }).isVerified, `${said}`)
  }
})

test('what is verified is the address that it is said of, and what is signed goes before', () => {
  const both = (signed: object, told: object) => {
    const { email, isVerified } = claimsOf({ sub: 'x', ...signed }, { ...told }, rules)
    return [email, isVerified]
  }
  const [a, b] = ['a@example.com', 'b@example.com']
  assert.deepEqual(both({ email: a, email_verified: false }, { email: b, email_verified: true }), [a, false])
  assert.deepEqual(both({ email: a }, { email: b, email_verified: true }), [b, true])
  assert.deepEqual(both({ email: a }, { email_verified: true }), [a, false])
  assert.deepEqual(both({ email_verified: true }, { email: b }), [null, true])
  assert.deepEqual(both({ email_verified: true }, { email: b, email_verified: false }), [null, true])
  assert.deepEqual(both({}, { email: b, email_verified: true }), [b, true])
  assert.equal(claimsOf({ sub: 'x', name: 'A' }, { name: 'B' }, rules).name, 'A')
})

test('groups are those that a value stands for, in a list or alone', () => {
  const groups = (said: unknown) => [...of({ groups: said }).groupIds].sort()
  assert.deepEqual(groups(['a', 'also_a', 'b', 'c', 7, null, ['b']]), ['group_a', 'group_b'])
  assert.deepEqual(groups('b'), ['group_b'])
  for (const said of [undefined, null, {}, 'constructor', ['__proto__']]) assert.deepEqual(groups(said), [])
})

test('a name has no control characters and 255 characters at most', () => {
  assert.equal(of({ name: ' Ada\u0000\nLovelace ' }).name, 'Ada  Lovelace')
  assert.equal(of({ name: 'x'.repeat(300) }).name?.length, 255)
  assert.equal(of({ name: `${'x'.repeat(254)}\u{1F600}` }).name, 'x'.repeat(254))
  for (const name of ['', ' ', 7, undefined]) assert.equal(of({ name }).name, null)
})
