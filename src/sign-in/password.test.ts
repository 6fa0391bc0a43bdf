import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashPassword, isPassword } from './password.ts'

test('a password is kept as Argon2id with its parameters, never the same twice, and only it is right', async () => {
  const kept = await hashPassword('correct horse battery')
  assert.match(kept, /^\$argon2id\$v=19\$m=47104,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
  assert.notEqual(await hashPassword('correct horse battery'), kept)
  assert.equal(await isPassword('correct horse battery', kept), true)
  for (const other of ['correct horse batter', 'Correct horse battery', 'correct horse battery ', '']) {
    assert.equal(await isPassword(other, kept), false, other)
  }
})

test('what is kept names its own parameters, those of another program too', async () => {
  // Made by the reference program: echo -n password | argon2 somesalt -id -t 2 -k 65536 -p 1 -e
  const kept = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'
  assert.equal(await isPassword('password', kept), true)
  assert.equal(await isPassword('passwore', kept), false)
})

test('the same letters are right however a keyboard composes them', async () => {
  const kept = await hashPassword('caf\u00e9 caf\u00e9 caf\u00e9')
  assert.equal(await isPassword('cafe\u0301 cafe\u0301 cafe\u0301', kept), true)
})

test('no password is right where none is kept, nor where what is kept cannot be read', async () => {
  for (const kept of [null, '', 'x', '$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJH']) {
    assert.equal(await isPassword('', kept), false)
  }
})
