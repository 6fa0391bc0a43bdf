import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newEmail, newOrganization, newUser } from '../../test/contract/organizations.ts'
import { until } from '../../test/process/gatehouse.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'
import { Held } from '../../test/support/held.ts'
import { Recorder } from '../../test/support/recorder.ts'
import { signInNew } from '../../test/support/signing-in.ts'

const SIGN_IN = '/v1/organization/sign_in'
const ATTEMPTS = '"sign_in_attempt"'
/** A server that believes who it is told that a request comes from. */
const env = { GATEHOUSE_TRUSTED_PROXIES: '127.0.0.1' }

async function tried(app: TestApp, ip: string, body: object) {
  const { status, headers } = await app.send('POST', SIGN_IN, { key: null, body, headers: { 'x-forwarded-for': ip } })
  return [status, Number(headers.get('retry-after') ?? 0)] as const
}

async function somebody(app: TestApp) {
  const own = await newOrganization(app)
  const { id, email } = await newUser(app, own)
  const { password } = await signInNew(app, own.id, id)
  return { email, password }
}

test('an attempt to sign in that is one too many is a look at PostgreSQL, of an account and of a network, and writes nothing', async () => {
  const recorder = new Recorder('postgres')
  await using app = await startTestApp({ database: 'postgres', env, plugins: [recorder] })
  const claim = await somebody(app)
  const wrong = () => ({ email: newEmail(), password: 'wrong' })
  const cases = [
    { what: 'an account', ip: (i: number) => `192.0.2.${i}`, body: () => ({ ...claim, password: 'wrong' }), looks: 1 },
    { what: 'a network', ip: (i: number) => `2001:db8::${i}`, body: wrong, looks: 2 },
  ]
  const looked = () => recorder.times(`select "full_at_ms" from ${ATTEMPTS}`)
  const written = () =>
    ['insert into ATTEMPTS', 'update ATTEMPTS', 'delete from ATTEMPTS where "name" = ']
      .map((text) => recorder.times(text.replace('ATTEMPTS', ATTEMPTS)))
      .reduce((sum, times) => sum + times)
  for (const { what, ip, body, looks } of cases) {
    for (let i = 0; (await tried(app, ip(i), body()))[0] !== 429; i++);
    const before = { looked: looked(), written: written() }
    assert.ok(before.written > 10)
    for (let i = 1; i <= 3; i++) {
      assert.equal((await tried(app, ip(i), body()))[0], 429, what)
      assert.deepEqual({ looked: looked(), written: written() }, { ...before, looked: before.looked + i * looks }, what)
    }
  }
})

test('who is refused for too many attempts has no place at work meanwhile: however many are, each is told when to come again', async () => {
  const held = new Held('postgres', `select "full_at_ms" from ${ATTEMPTS}`)
  held.released.resolve()
  await using app = await startTestApp({ database: 'postgres', env, plugins: [held] })
  const claim = await somebody(app)
  for (let i = 0; i < 10; i++) assert.equal((await tried(app, `192.0.2.${i}`, { ...claim, password: 'wrong' }))[0], 401)
  held.hold()
  const all = Array.from({ length: 6 }, (_, i) => tried(app, `198.51.100.${i}`, claim))
  await until(() => held.waiting === 6, 'all of them are looked at')
  held.released.resolve()
  for (const [status, seconds] of await Promise.all(all)) {
    assert.equal(status, 429)
    assert.ok(seconds > 1, `${seconds}`)
  }
})
