import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { UNLIMITED } from '../../src/core/catalogue.ts'
import { routes } from '../../src/gateway/routes/table.ts'
import { checkSent, told } from './check/checking.ts'
import {
  ask,
  codeOf,
  everywhere,
  fieldsOf,
  limitedIn,
  metered,
  openStage,
  pathOf,
  type Stage,
  streamed,
  whole,
} from './declared.ts'
import { until } from './upstream.ts'

/*
 * Who adds a route writes nothing here: one that does not do what it declares fails under its own name.
 */
describe('a route does what it declares:', () => {
  let stage: Stage
  before(async () => {
    stage = await openStage()
  })
  after(() => stage[Symbol.asyncDispose]())

  const projects = () => stage.gate.app.admin().organization.projects

  const declared = everywhere.flatMap(([name, route]) => {
    const { body } = route
    if (body.kind !== 'form' || body.json === null) return [[name, route] as const]
    return [[name, route] as const, [`${name} as JSON`, { ...route, body: body.json }] as const]
  })
  for (const [name, route] of declared) {
    const { report, answeredBy, body, reply } = route

    test(`${name} needs a key that may use it`, async () => {
      const { gate } = stage
      const place = await stage.place()
      assert.equal((await ask(gate, route, { ...place, key: 'sk-proj-made-up' })).status, 401)
      const { projectId, keyId } = place
      const other = route.permission === 'api.model.read' ? 'api.model.request' : 'api.model.read'
      await projects().apiKeys.update(keyId, { project_id: projectId, scopes: [other] })
      const refused = await ask(gate, route, place)
      assert.equal(refused.status, route.api === 'anthropic' ? 403 : 401, refused.text)
      assert.ok(refused.text.includes(`Missing scopes: ${route.permission}`), refused.text)
      assert.equal((await gate.app.send('PATCH', pathOf(route, place), { key: place.key })).status, 405)
    })

    test(`${name} passes on what it takes of a query, and nothing else`, async () => {
      const { gate } = stage
      const place = await stage.place()
      const before = gate.upstream.calls.length
      const values = { text: 'x', list: 'x', number: '1', switch: 'false', map: 'x' }
      const taken = Object.entries(route.query).map(([one, kind]) => [one, values[kind]])
      const query = new URLSearchParams([...taken, ['of_nobody', 'x'], ['model', 'm2'], ['api-version', '1']])
      const answer = await ask(gate, route, place, { query: `?${query}` })
      assert.equal(answer.status, 200, answer.text)
      assert.equal(gate.upstream.calls.length - before, answeredBy === 'model_server' ? 1 : 0)
      if (answeredBy === 'catalogue') return
      const sent = gate.upstream.calls.at(-1)?.request.url
      const base = route.servedAt === 'base' ? '/v1' : ''
      assert.equal(
        sent,
        base + pathOf(route, place).slice('/v1'.length) + (taken.length === 0 ? '' : `?${new URLSearchParams(taken)}`),
      )
    })

    test(`${name} is metered in ${report.kind === 'none' ? 'no report' : report.kind}`, async () => {
      const { gate } = stage
      const place = await stage.place()
      const rows = () => metered(gate, place)
      assert.equal((await ask(gate, route, place)).status, 200)
      if (report.kind === 'none') {
        // What comes after it is written after it.
        assert.equal((await ask(gate, routes['embeddings.create'], place)).status, 200)
        await until(async () => (await rows()).length > 0, 'the use of another route')
        const kinds = new Set((await rows()).map(({ kind }) => kind))
        assert.deepEqual([...kinds].sort(), ['costs', 'embeddings'])
        const [other] = (await rows()).filter(({ kind }) => kind === 'embeddings')
        assert.equal(other?.num_model_requests, 1)
        return
      }
      await until(async () => (await rows()).some(({ kind }) => kind === report.kind), `a row of ${report.kind}`)
      const [row] = (await rows()).filter(({ kind }) => kind === report.kind)
      assert.deepEqual([row?.model, row?.num_model_requests], ['m1', 1])
      const costs = (await rows()).filter(({ kind }) => kind === 'costs')
      assert.deepEqual(costs.map(({ line_item, amount_nano }) => [line_item, amount_nano]).sort(), [
        ['m1, input_tokens', 7_000_000],
        ['m1, output_tokens', 2_000_000],
      ])
    })

    if (reply.kind === 'watched' && reply.counts === 'input_and_output') {
      test(`${name} meters its stream like its whole reply, and asks it to report where it must be asked`, async () => {
        const { gate } = stage
        const place = await stage.place()
        gate.upstream.answer(streamed)
        assert.equal((await ask(gate, route, place, { fields: { stream: true } })).status, 200)
        gate.upstream.answer(whole)
        await until(async () => (await metered(gate, place)).length > 0, 'the use of a stream')
        const [row] = (await metered(gate, place)).filter(({ kind }) => kind === report.kind)
        assert.deepEqual([row?.input_tokens, row?.output_tokens], [7, 2])
        const sent = JSON.parse(gate.upstream.calls.at(-1)?.body.toString() ?? '{}')
        assert.equal(sent.stream_options?.include_usage, reply.streamReports === 'on_demand' ? true : undefined)
      })
    }

    for (const dimension of limitedIn(route)) {
      test(`${name} is limited in ${dimension} a minute`, async () => {
        const { gate } = stage
        const place = await stage.place()
        const limits = (most: number) => ({ project_id: place.projectId, [`max_${dimension}_per_1_minute`]: most })
        await projects().rateLimits.updateRateLimit('rl-m1', limits(0))
        const refused = await ask(gate, route, place)
        assert.deepEqual([refused.status, codeOf(refused)], [429, 'rate_limit_exceeded'], refused.text)
        await projects().rateLimits.updateRateLimit('rl-m1', limits(UNLIMITED))
        assert.equal((await ask(gate, route, place)).status, 200)
      })
    }

    if (body.kind !== 'none') {
      test(`${name} asks for a model that there is, that the project may use, and that has a price where one is needed`, async () => {
        const { gate } = stage
        const place = await stage.place()
        const { projectId } = place
        const code = async (fields: Record<string, unknown> = {}) => {
          const reply = await ask(gate, route, place, { fields })
          return `${reply.status} ${codeOf(reply)}`
        }
        assert.equal(await code({ model: 'nobodys' }), '404 model_not_found')
        await projects().modelPermissions.update(projectId, { mode: 'allow_list', model_ids: ['m2'] })
        assert.equal(await code(), '403 model_not_found')
        await projects().modelPermissions.delete(projectId)
        await projects().spendLimit.update(projectId, { currency: 'USD', interval: 'month', threshold_amount: 1 })
        assert.equal(await code({ model: 'm2' }), '400 model_price_unknown')
      })
    }

    test(`${name} is decided at the check door ${route.check.replaceAll('_', ' ')}`, async () => {
      const { app } = stage.gate
      const place = await stage.place()
      const { key } = place
      const path = pathOf(route, place)
      const headers = { 'x-gatehouse-model': 'm1' }
      const unseen = told(await checkSent(app, route.method, path, { key, headers }))
      const seen =
        body.kind === 'json' ? told(await checkSent(app, route.method, path, { key, body: fieldsOf(route) })) : null
      const expected = {
        with_or_without_body: ['200', '200'],
        with_body: ['403 body_not_seen null', '200'],
        not_offered: ['404 not_offered null', '404 not_offered null'],
      }[route.check]
      assert.deepEqual([unseen, seen ?? expected[1]], expected)
    })
  }
})
