import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isConsoleBuilt } from '../../src/config/doors.ts'
import { startTestApp } from '../support/harness.ts'
import { startProvider } from '../support/provider.ts'
import { type Chance, newSeed, seeded } from '../support/seeded.ts'
import { encoded, inPath } from './admin-requests.ts'
import { Client, flawOf, inWords, type Request } from './request.ts'
import { hostileValues, textOf } from './values.ts'

const REQUESTS = 1500
const AT_ONCE = 16
const skip = !isConsoleBuilt() && 'the console is not built: npm run console'

const paths = ['/sign-in/oidc', '/sign-in/oidc/callback', '/sign-in/oidc/logout', '/sign-in/oidc/']
const names = [
  'next',
  'organization_id',
  'code',
  'state',
  'iss',
  'error',
  'error_description',
  'logout_token',
  'response',
]

/** What a stranger may send to what leads to the provider and back. */
function strange(number: number, chance: Chance, hostile: readonly unknown[]): Request {
  const text = () => textOf(chance.pick(hostile)).slice(0, 1500)
  const pairs = Array.from({ length: chance.between(0, 4) }, () => `${chance.pick(names)}=${inPath(text(), chance)}`)
  const secret = chance.pick(['0'.repeat(64), 'x', encoded(text()).slice(0, 80)])
  const rest = chance.pick(['', 'Lw', Buffer.from(`${text()} ${text()}`).toString('base64url'), encoded(text())])
  const cookie = `gatehouse-sign-in=${secret}.${rest.slice(0, 1500)}`
  const path = chance.pick(paths)
  const method =
    chance.next() < 0.9 ? (path.endsWith('logout') ? 'POST' : 'GET') : chance.pick(['HEAD', 'PUT', 'POST', 'GET'])
  const body = method === 'POST' ? `logout_token=${encoded(chance.pick([text(), 'a.b.c', part(chance, text)]))}` : null
  return {
    ...{ number, from: path, by: 'a stranger', method, body },
    path: `${path}${pairs.length > 0 ? `?${pairs.join('&').slice(0, 6000)}` : ''}`,
    headers: {
      ...(chance.next() < 0.7 && { cookie }),
      ...(body !== null && { 'content-length': String(Buffer.byteLength(body)) }),
      ...(chance.next() < 0.2 && { 'x-forwarded-for': '::1', origin: 'https://page.example' }),
    },
  }
}

/** A token that looks like one. */
function part(chance: Chance, text: () => string) {
  const written = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const alg = chance.pick(['RS256', 'none', 'HS256', 'EdDSA', text()])
  return `${written({ alg, kid: text(), jku: 'http://127.0.0.1:9/', crit: [text()] })}.${written({ sub: text() })}.AAAA`
}

test('whatever a stranger sends to where people sign in by OpenID Connect, nobody is signed in and nothing goes wrong', {
  skip,
}, async (t) => {
  const seed = newSeed()
  t.diagnostic(`seed ${seed}`)
  const lines: string[] = []
  await using provider = await startProvider()
  await using app = await startTestApp({
    only: 'admin,gateway,docs,console',
    env: provider.env,
    log: (line) => lines.push(line),
  })
  const client = new Client(app.url)
  const hostile = hostileValues(seed)
  const requests = Array.from({ length: REQUESTS }, (_, i) => strange(i, seeded(seed, i), hostile))
  const faults: string[] = []
  const statuses = new Map<number, number>()
  let next = 0
  const work = async () => {
    for (let request = requests[next++]; request; request = requests[next++]) {
      const answer = await client.send(request).catch((error: Error) => error)
      if (answer instanceof Error) {
        faults.push(`${answer.message}: ${inWords(request)}`)
        continue
      }
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
      const { location = '', 'set-cookie': cookies = [] } = answer.headers ?? {}
      const leads = location === '' || /^\/sign-in(\?failed=[a-z_]+)?([?&]next=%2F[\w%.*+-]*)?$/.test(location)
      const flaw =
        flawOf(request, answer) ??
        (!leads && !location.startsWith(`${provider.issuer}/auth?`) ? `leads to ${location}` : null) ??
        (cookies.some((cookie) => cookie.startsWith('gatehouse-session')) ? 'a session' : null)
      if (flaw !== null) faults.push(`${flaw}: ${inWords(request)}: ${answer.text.slice(0, 300)}`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  client.close()
  assert.deepEqual(faults.slice(0, 5), [])
  assert.ok(
    [303, 400].every((status) => (statuses.get(status) ?? 0) > 100),
    JSON.stringify([...statuses]),
  )
  for (const table of ['session', 'oidc_identity'] as const) {
    assert.deepEqual(await app.db.selectFrom(table).selectAll().execute(), [])
  }
  assert.deepEqual(
    lines.filter((line) => JSON.parse(line).level >= 50),
    [],
  )
})
