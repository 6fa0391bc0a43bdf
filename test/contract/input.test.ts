import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { type Endpoint, endpoints } from '../../src/admin/index.ts'
import { unknownLike } from '../sdk/scenario.ts'
import { databases } from '../support/databases.ts'
import { startTestApp, type TestApp } from '../support/harness.ts'
import { assertRefused, call, pathOf, send, steady, steadyText, stored, targetOf } from './call.ts'
import { newOrganization, type Organization, TESTS_EACH } from './organizations.ts'
import { type ValidRequest, validRequest } from './requests.ts'
import { asSchema, strangeBodies, wrongBodies, wrongQueries } from './variations.ts'

type Case = { app: TestApp; own: Organization; endpoint: Endpoint; request: ValidRequest; key: string }

/** What is tried on every operation to which it applies. None of it may write anything. */
const trials: Record<string, { applies: (endpoint: Endpoint) => boolean; run: (at: Case) => Promise<void> }> = {
  'refuses a body with one thing wrong, and says what': {
    applies: ({ route }) => route.body !== undefined,
    run: refusesWrongBodies,
  },
  'refuses texts that nobody could mean': {
    applies: ({ route }) => route.body !== undefined,
    run: refusesStrangeTexts,
  },
  'refuses what is no JSON object': { applies: ({ route }) => route.method !== 'GET', run: refusesOtherThanObjects },
  'refuses a query with one thing wrong, and says what': {
    applies: ({ route }) => route.query !== undefined,
    run: refusesWrongQueries,
  },
  'refuses a cursor that is not of its list': {
    applies: ({ route }) => 'after' in (asSchema(route.query).properties ?? {}),
    run: refusesOtherCursors,
  },
  'refuses a page that none of its pages has named': {
    applies: ({ route }) => 'page' in (asSchema(route.query).properties ?? {}),
    run: refusesOtherPages,
  },
  'finds nothing under an id that none can have': {
    applies: ({ route }) => route.path.includes(':'),
    run: findsNoStrangeIds,
  },
  'refuses other methods and says which there are': { applies: () => true, run: refusesOtherMethods },
}

for (const database of databases) {
  describe(`${database}: what a request may hold`, () => {
    let app: TestApp
    let own: Organization
    let begun = 0
    before(async () => {
      app = await startTestApp({ database })
    })
    beforeEach(async () => {
      if (begun++ % TESTS_EACH === 0) own = await newOrganization(app)
    })
    after(() => app[Symbol.asyncDispose]())

    for (const endpoint of endpoints) {
      for (const [name, { applies, run }] of Object.entries(trials)) {
        if (!applies(endpoint)) continue
        test(`${endpoint.name} ${name}`, async () => {
          const request = await validRequest(endpoint.name, own, app)
          const before = await stored(app, [own])
          await run({ app, own, endpoint, request, key: own.key })
          assert.equal(await stored(app, [own]), before)
        })
      }
    }
  })
}

async function refusesWrongBodies({ app, endpoint, request, key }: Case) {
  for (const { what, body, refusal } of wrongBodies(asSchema(endpoint.route.body), request.body ?? {})) {
    assertRefused(await call(app, endpoint, request, { key, body }), refusal, what)
  }
}

async function refusesStrangeTexts({ app, endpoint, request, key }: Case) {
  for (const body of strangeBodies(asSchema(endpoint.route.body), request.body ?? {})) {
    const reply = await call(app, endpoint, request, { key, body })
    assert.ok([400, 404].includes(reply.status), `${JSON.stringify(body).slice(0, 200)}: ${reply.text}`)
  }
}

async function refusesOtherThanObjects({ app, endpoint, request, key }: Case) {
  const post = (body: string, headers = {}) => call(app, endpoint, request, { key, body, headers })
  for (const body of ['[]', '[{}]', '"text"', '1', 'true']) {
    assertRefused(await post(body), { status: 400, code: 'invalid_type', param: null }, body)
  }
  const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
  assertRefused(await post(deep), { status: 400, code: 'invalid_type' }, 'nested deeply')
  const malformed = [
    '{',
    '{}x',
    '{"name":}',
    "{'name':1}",
    '{"a":"\u0001"}',
    '[',
    '{"__proto__":{"name":"x"}}',
    '\ufeff{',
  ]
  for (const body of [...malformed, '['.repeat(50_000), '{"constructor":{"prototype":{"name":"x"}}}']) {
    assertRefused(await post(body), { status: 400, code: null, param: null, message: /could not parse the JSON/ }, body)
  }
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'x',
    'application/jsonx',
  ]) {
    const reply = await post(JSON.stringify(request.body ?? {}), { 'content-type': type })
    assertRefused(reply, { status: 400, code: 'unsupported_content_type' }, type)
  }
  assertRefused(await post('{"surprise":1}'), { status: 400, code: 'unknown_parameter', param: 'surprise' })
  if ((asSchema(endpoint.route.body).required ?? []).length > 0) {
    for (const body of ['null', '', '{}']) {
      const { status, code } = { status: 400, code: 'missing_required_parameter' }
      assertRefused(await post(body), { status, code }, body)
    }
  }
}

async function refusesWrongQueries({ app, endpoint, request, key }: Case) {
  const path = pathOf(endpoint, request.params)
  for (const { query, refusal } of wrongQueries(asSchema(endpoint.route.query), request.query)) {
    assertRefused(await send(app, 'GET', `${path}?${query}`, { key }), refusal, query.slice(0, 100))
  }
  const right = targetOf(endpoint, request, { order_of_nothing: '1' })
  const odd = '&surprise=1&__proto__=1&constructor[prototype]=2&%00=1&[]=3&&='
  const reply = await send(app, 'GET', right + odd, { key })
  assert.equal(reply.status, 200, 'an unknown key is ignored')
  const plain = await call(app, endpoint, request, { key })
  assert.equal(steadyText(reply), steadyText(plain))
}

const strangeCursors = ['nonsense', 'key_', '\u0000', 'key_\u0000', "' or 1=1 --", 'é', 'x'.repeat(2000), '%', '../..']

async function refusesOtherPages({ app, own, endpoint, request, key }: Case) {
  for (const page of [...strangeCursors, own.id, 'null', '0', '-1', '9'.repeat(30)]) {
    const reply = await send(app, 'GET', targetOf(endpoint, request, { page }), { key })
    assertRefused(reply, { status: 400, code: 'invalid_value', param: 'page' }, page.slice(0, 50))
  }
}

async function refusesOtherCursors({ app, own, endpoint, request, key }: Case) {
  const path = pathOf(endpoint, request.params)
  const others = [own.id, own.ownerId, own.keyId, own.defaultProjectId].filter((id) => !path.includes(id))
  const list = (after: string, at = path) => send(app, 'GET', `${at}?after=${encodeURIComponent(after)}`, { key })
  const properties = asSchema(endpoint.route.query).properties ?? {}
  for (const param of ['after', 'before'].filter((name) => name in properties)) {
    for (const text of strangeCursors) {
      const reply = await send(app, 'GET', targetOf(endpoint, request, { [param]: text }), { key })
      assertRefused(reply, { status: 400, code: 'invalid_value', param }, text.slice(0, 50))
    }
  }
  // Of the ids of four kinds of objects at most one is of the kind that this list holds.
  const replies = await Promise.all(others.map((id) => list(id)))
  assert.ok(replies.filter(({ status }) => status === 200).length <= 1)
  const first = await send(app, 'GET', `${path}?after=&limit=1`, { key })
  assert.equal(first.status, 200, 'an empty cursor is none')
  const newestFirst = properties.order?.default === 'desc' || 'effective_at' in properties
  for (const { id = first.body.next } of first.body.data) {
    // Ids that are made of names say nothing of their own form.
    if (id === null || /^(rl-|api\.)/.test(id)) continue
    const shouted = id.toUpperCase()
    for (const after of [id.slice(0, -1), `${id}0`, ` ${id}`, shouted]) {
      assertRefused(await list(after), { status: 400, code: 'invalid_value', param: 'after' }, after)
    }
    // An id that names nothing keeps its place, which is before or behind all others; predefined ones have no such place.
    if (id.startsWith('role-api-')) continue
    const { data } = (await list(unknownLike(id))).body
    assert.equal(steady(data), steady(newestFirst ? [] : (await send(app, 'GET', path, { key })).body.data))
  }
  // A missing parent is missing before its cursor is read, but a query is judged before anything is looked for.
  if (!('project_id' in request.params)) return
  const nowhere = pathOf(endpoint, { ...request.params, project_id: unknownLike(own.defaultProjectId) })
  assertRefused(await list('nonsense', nowhere), { status: 404, code: 'not_found', param: 'project_id' })
  const judged = await send(app, 'GET', `${nowhere}?limit=${(properties.limit?.minimum ?? 1) - 1}`, { key })
  assertRefused(judged, { status: 400, code: 'integer_below_min_value', param: 'limit' })
}

async function findsNoStrangeIds({ app, endpoint, request, key }: Case) {
  const ask = (name: string, written: string) => {
    const params = { ...request.params, [name]: written }
    const asked = new URLSearchParams(request.query).toString()
    const path = pathOf(endpoint, params, (text) => text) + (asked && `?${asked}`)
    const body = request.body === undefined ? {} : { body: request.body }
    return send(app, endpoint.route.method, path, { key, ...body })
  }
  const strange = [
    '%00',
    'a%00b',
    '%0a',
    '%7f',
    '%20',
    '%C3%A9',
    '%F0%9F%9A%80',
    '%2F',
    '%2e%2e%2f',
    "'",
    '%22',
    '*',
    '%25',
    'null',
    'undefined',
    'x'.repeat(512),
  ]
  for (const [name, id] of Object.entries(request.params)) {
    const unknown = await ask(name, unknownLike(id))
    for (const written of [...strange, `${id}%00`, `%20${id}`, `${id}%20`, id.toUpperCase(), `,${id}`]) {
      const reply = await ask(name, written)
      assertRefused(reply, { status: 404, code: 'not_found', param: name }, written)
      const shown = JSON.stringify(decodeURIComponent(written)).slice(1, -1)
      assert.equal(reply.text.replace(`'${shown}'`, ''), unknown.text.replace(`'${unknownLike(id)}'`, ''))
    }
    for (const written of ['x'.repeat(513), 'x'.repeat(5000)]) {
      assert.equal((await ask(name, written)).status, 404, 'longer than any id')
    }
    for (const written of ['%', '%zz', '%ff', '%c0%af', '%E0%A4%A', `${id}%`]) {
      const reply = await ask(name, written)
      assert.ok([400, 404].includes(reply.status), `${written}: ${reply.text}`)
    }
    const { status } = await ask(name, '')
    assert.ok([404, 405].includes(status), 'an empty id')
  }
}

async function refusesOtherMethods({ app, endpoint, request, key }: Case) {
  const path = pathOf(endpoint, request.params)
  const pattern = (template: string) => new RegExp(`^${template.replace(/:\w+/g, '[^/]+')}$`)
  const here = endpoints
    .filter(({ route }) => pattern(route.path).test(path))
    .flatMap(({ route: { method } }) => (method === 'GET' ? ['GET', 'HEAD'] : method))
  for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    if (here.includes(method)) continue
    for (const shown of [key, null]) {
      const reply = await send(app, method, path, { key: shown })
      assert.equal(reply.status, 405, method)
      const allowed = (reply.headers.get('allow') ?? '').split(', ')
      assert.deepEqual(allowed.sort(), [...new Set(here)].sort())
      if (method === 'HEAD') assert.equal(reply.text, '')
      else
        assertRefused(reply, {
          status: 405,
          code: null,
          param: null,
          message: new RegExp(`^Not allowed to ${method} on /v1/`),
        })
    }
  }
  for (const odd of [
    `${path}/nothing/of/this`,
    path.replace('/v1/', '/v1//'),
    path.replace(/\/(organization|projects)\b/, (part) => part.toUpperCase()),
  ]) {
    const reply = await send(app, endpoint.route.method, odd, { key })
    assertRefused(reply, { status: 404, code: null, param: null, message: /^Invalid URL \([A-Z]+ \/v1\// }, odd)
  }
}
