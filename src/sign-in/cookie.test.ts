import assert from 'node:assert/strict'
import { test } from 'node:test'
import { flowCookie, sessionCookie } from './cookie.ts'

const token = 'a1'.repeat(32)
const [secure, plain] = [sessionCookie(true), sessionCookie(false)]

test('a session is set for this host alone, out of reach of scripts and of other pages, and over TLS only where there is TLS', () => {
  assert.equal(
    secure.set(token, 1100, 1000),
    `__Host-gatehouse-session=${token}; Max-Age=100; Path=/; HttpOnly; SameSite=Lax; Secure`,
  )
  assert.equal(plain.set(token, 1100, 1000), `gatehouse-session=${token}; Max-Age=100; Path=/; HttpOnly; SameSite=Lax`)
  assert.equal(secure.clear, '__Host-gatehouse-session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure')
})

const read: [string, string | undefined, string | null][] = [
  ['no header', undefined, null],
  ['an empty one', '', null],
  ['the cookie alone', `gatehouse-session=${token}`, token],
  ['the cookie among others', `a=b; gatehouse-session=${token};c`, token],
  ['the same name twice', `gatehouse-session=${token}; gatehouse-session=${token}`, null],
  ['another name', `x-gatehouse-session=${token}`, null],
  ['the name of the other kind', `__Host-gatehouse-session=${token}`, null],
  ['something behind it', `gatehouse-session=${token}0`, null],
  ['something behind a second sign', `gatehouse-session=${token}=x`, token],
  ['a name that browsers take for another', `a=b;\u00a0gatehouse-session=${token}`, null],
  ['capital letters', `gatehouse-session=${token.toUpperCase()}`, null],
  ['less of it', `gatehouse-session=${token.slice(2)}`, null],
  ['a header that is too long', `gatehouse-session=${token}; a=${'x'.repeat(20_000)}`, null],
]

for (const [what, header, shown] of read) {
  test(`of ${what} ${shown === null ? 'nothing' : 'the secret'} is read`, () => assert.equal(plain.read(header), shown))
}

test('the longest place that somebody may come back to is read, with the organization that they asked for', () => {
  const place = Buffer.from(`${'o'.repeat(64)} ${'/'.padEnd(1024, 'x')}`).toString('base64url')
  const value = `${token}.${place}`
  assert.equal(flowCookie(false).read(flowCookie(false).set(value, 1100, 1000).split(';', 1)[0]), value)
})
