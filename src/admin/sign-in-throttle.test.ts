import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countHashes } from '../../test/support/counted-hashes.ts'
import type { TestApp } from '../../test/support/harness.ts'

// Before anything that hashes is loaded.
const hashes = countHashes()
const { newOrganization, newUser } = await import('../../test/contract/organizations.ts')
const { command } = await import('../../test/support/command.ts')
const { databases } = await import('../../test/support/databases.ts')
const { until } = await import('../../test/process/gatehouse.ts')
const { startTestApp } = await import('../../test/support/harness.ts')
const { signInByLink, linkFor } = await import('../../test/support/signing-in.ts')

const SIGN_IN = '/v1/organization/sign_in'
/** A server that believes who it is told that a request comes from. */
const env = { GATEHOUSE_TRUSTED_PROXIES: '127.0.0.1' }

const from = (app: TestApp, ip: string, body: object, path = SIGN_IN) =>
  app.send('POST', path, { key: null, body, headers: { 'x-forwarded-for': ip } })

/** How much work something is. */
async function worked<T>(work: () => Promise<T>): Promise<[T, number]> {
  const before = hashes.count
  return [await work(), hashes.count - before]
}

for (const database of databases) {
  test(`${database}: an attempt is one hash, whoever it is for, and none where it is one too many`, async () => {
    await using app = await startTestApp({ database, env })
    const own = await newOrganization(app)
    const [user, bare] = [await newUser(app, own), await newUser(app, own)]
    const { password } = await signInByLink(app, own.id, user.id)
    const password_link = `${SIGN_IN}/password_link`
    let ips = 0
    const told: unknown[] = []
    for (const email of [user.email, bare.email, 'nobody@example.com', user.email.toUpperCase().replace('@', 'X@')]) {
      for (let i = 0; i < 10; i++) {
        const [reply, work] = await worked(() => from(app, `192.0.2.${++ips}`, { email, password: 'a wrong one' }))
        assert.deepEqual([reply.status, work], [401, 1], `${email} ${i}`)
      }
      const [reply, work] = await worked(() => from(app, `192.0.2.${++ips}`, { email, password: 'a wrong one' }))
      assert.deepEqual([reply.status, reply.body.error.code, work], [429, 'rate_limit_exceeded', 0])
      const seconds = Number(reply.headers.get('retry-after'))
      assert.ok(seconds > 0 && seconds <= 360, `${seconds}`)
      told.push(reply.body.error.message.replace(/\d+/, 'n'))
    }
    assert.equal(new Set(told).size, 1, 'whether there is such a user is not told')
    const [right, none] = await worked(() => from(app, '192.0.2.250', { email: user.email, password }))
    assert.deepEqual([right.status, none], [429, 0], 'the right one is not looked at either')

    const dead = { token: '0'.repeat(64), password: 'correct horse battery staple' }
    assert.deepEqual((await worked(() => from(app, '192.0.2.1', dead, password_link)))[1], 0)
    const accept = { ...dead, name: 'x' }
    assert.deepEqual((await worked(() => from(app, '192.0.2.1', accept, '/v1/organization/invites/accept')))[1], 0)

    app.advance(360)
    assert.equal((await from(app, '192.0.2.250', { email: user.email, password })).status, 200)
    for (let i = 0; i < 9; i++) {
      assert.equal((await from(app, `198.51.100.${i}`, { email: user.email, password: 'wrong' })).status, 401)
    }
    const link = { token: await linkFor(app, own.id, bare.id), password }
    assert.equal((await from(app, '192.0.2.251', link, password_link)).status, 200)
    assert.equal((await from(app, '192.0.2.252', { email: bare.email, password })).status, 200, 'a link is a proof')
  })

  test(`${database}: who knows the password of the same address in another organization tries no oftener`, async () => {
    await using app = await startTestApp({ database, env })
    const [own, other] = [await newOrganization(app), await newOrganization(app)]
    const { id, email } = await newUser(app, own)
    await signInByLink(app, own.id, id)
    const same = ['--org', other.id, '--email', email, '--name', 'Same', '--role', 'reader']
    const { id: sameId } = await command(app, 'user', 'create', ...same)
    const known = { email, organization_id: other.id, password: (await signInByLink(app, other.id, sameId)).password }
    const guess = { email, organization_id: own.id, password: 'a guess' }
    for (let i = 0; i < 10; i++) {
      assert.equal((await from(app, `192.0.2.${i}`, guess)).status, 401)
      assert.equal((await from(app, `192.0.2.${i}`, known)).status, 200)
      if (i === 4) await signInByLink(app, other.id, sameId, known.password)
    }
    assert.equal((await from(app, '192.0.2.99', guess)).status, 429)
  })

  test(`${database}: a page of another origin has no password looked at`, async () => {
    await using app = await startTestApp({ database, env })
    const own = await newOrganization(app)
    const { id, email } = await newUser(app, own)
    const { password } = await signInByLink(app, own.id, id)
    for (const shown of [password, 'a wrong one']) {
      const ask = { key: null, body: { email, password: shown }, headers: { origin: 'https://evil.example' } }
      const [reply, work] = await worked(() => app.send('POST', SIGN_IN, ask))
      assert.deepEqual([reply.status, reply.body.error.code, work], [403, 'foreign_origin', 0])
    }
  })

  test(`${database}: from one network thirty fail at once, over all accounts, and others are served`, async () => {
    await using app = await startTestApp({ database, env })
    const own = await newOrganization(app)
    const user = await newUser(app, own)
    const { password } = await signInByLink(app, own.id, user.id)
    for (let i = 0; i < 30; i++) {
      const { status } = await from(app, `2001:db8::${i}`, { email: `nobody${i}@example.com`, password: 'wrong' })
      assert.equal(status, 401)
    }
    const body = { email: user.email, password }
    const [reply, work] = await worked(() => from(app, '2001:db8::ffff:1', body))
    assert.deepEqual([reply.status, work], [429, 0])
    assert.equal((await from(app, '2001:db8:0:1::1', body)).status, 200)
    for (let i = 0; i < 40; i++) assert.equal((await from(app, '192.0.2.1', body)).status, 200, 'right ones cost none')
    app.advance(60)
    assert.equal((await from(app, '2001:db8::1', body)).status, 200)
  })

  test(`${database}: few passwords are tried at once, and of more those that come too late are told to come again`, async () => {
    await using app = await startTestApp({ database, env })
    const own = await newOrganization(app)
    const { email } = await newUser(app, own)
    const ask = (i: number) => from(app, `203.0.113.${i}`, { email: `${i}${email}`, password: 'wrong' })
    const { release } = hashes.hold()
    const statuses: number[] = []
    const all = Array.from({ length: 40 }, async (_, i) => {
      const { status, headers } = await ask(i)
      if (status === 503) assert.equal(headers.get('retry-after'), '1')
      statuses[i] = status
    })
    // Two are at work and 32 wait: six are too many, whichever they are.
    await until(
      async () => statuses.filter((status) => status === 503).length === 6,
      'those that are too many are told',
    )
    release()
    await Promise.all(all)
    assert.equal(statuses.filter((status) => status === 401).length, 34)
    // What was not tried is not counted.
    const late = statuses.indexOf(503)
    for (let i = 0; i < 10; i++) assert.equal((await ask(late)).status, 401)
    assert.equal((await ask(late)).status, 429)
  })
}
