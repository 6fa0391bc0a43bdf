import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { newOrganization } from '../contract/organizations.ts'
import { openTestDatabase } from '../support/databases.ts'
import { startTestApp, type TestApp } from '../support/harness.ts'
import { modelsFile } from '../support/models-file.ts'
import { until } from '../support/until.ts'
import { startAccount } from './account/account.ts'
import { chat, create, jsonl } from './batches/stage.ts'
import { checkChat, checkNamed, checkSent } from './check/checking.ts'
import { ask, everywhere, whole } from './declared.ts'
import { CHAT, makeKey, startGate, UPSTREAM_KEY } from './gate.ts'
import { envOf } from './owned/shared.ts'

/*
 * A model that the configuration gives to projects is there for these and for nobody else; a fine-tuned one that it gives to nobody is nobody's.
 */

const FINE_TUNED = 'ft:m1:acme::a'
const NOBODYS = 'ft:m1:acme::nobody'
const SHARED = 'ft:m1:acme::shared'
/** What stands for it goes by another name. */
const ALIAS = 'support'
const PLAIN = 'plain'
const UNKNOWN = 'ft:m1:acme::unknown'
const owned = [FINE_TUNED, ALIAS, PLAIN]
const listed = ['m1', FINE_TUNED, NOBODYS, SHARED, PLAIN, 'ft:m1:acme::behind', 'openai/ft:m1:acme::a', 'FT:m1:acme::a']

const modelsOf = (...projects: string[]) => ({
  m1: {},
  [FINE_TUNED]: { projects, organization_limits: { max_requests_per_1_minute: 1000 } },
  [ALIAS]: { projects, name_upstream: 'ft:m1:acme::behind', price_per_million: { input: 1 } },
  [PLAIN]: { projects, organization_limits: { max_requests_per_1_minute: 500 } },
  [SHARED]: { projects: ['*'] },
})

type Key = { projectId: string; key: string }

/** A server without a word of it, on whose database and before whose model server others are opened, and two projects. */
async function start() {
  await using stack = new AsyncDisposableStack()
  const own = stack.use(await openTestDatabase('sqlite'))
  const models = listed.map((id) => ({ id, object: 'model', created: 1 }))
  const { app: closed, upstream } = stack.use(await startGate({ databaseUrl: own.url, models }))
  upstream.answer(whole)
  const [a, b] = [await makeKey(closed), await makeKey(closed)]
  const open = async (written: object, more: object = {}, log?: (line: string) => void) => {
    await using opening = new AsyncDisposableStack()
    const file = opening.use(await modelsFile(written as Record<string, object>, more))
    const upstreamOf = { GATEHOUSE_UPSTREAM_URL: `${upstream.origin}/v1`, GATEHOUSE_UPSTREAM_KEY: UPSTREAM_KEY }
    const env = { ...upstreamOf, GATEHOUSE_CONFIG: file.path }
    const app = opening.use(await startTestApp({ databaseUrl: own.url, env, ...(log && { log }) }))
    const rest = opening.move()
    return Object.assign(app, { [Symbol.asyncDispose]: () => rest.disposeAsync() })
  }
  const rest = stack.move()
  return { closed, upstream, a, b, open, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

/** What is answered, whatever the model is called. */
const answerTo = ({ status, text }: { status: number; text: string }, model: string) =>
  `${status} ${text.replaceAll(model, 'MODEL').replace(/"request_id":"[^"]*"/, '')}`

describe('a model of a project', () => {
  let it: Awaited<ReturnType<typeof start>>
  let app: TestApp
  before(async () => {
    it = await start()
    app = await it.open(modelsOf(it.a.projectId), { default_models: { moderations: PLAIN } })
  })
  after(async () => {
    await app[Symbol.asyncDispose]()
    await it[Symbol.asyncDispose]()
  })
  const gate = () => ({ app, upstream: it.upstream }) as Parameters<typeof ask>[0]
  const place = ({ projectId, key }: Key, model = 'm1') => ({ projectId, keyId: '', key, ids: { model } })

  for (const [name, route] of everywhere.filter(([, { body, path }]) => body.kind !== 'none' || /\{model\}/.test(path)))
    test(`is there for it and for nobody else by ${name}`, async () => {
      const asked = async (who: Key, model: string) => {
        const reply = await ask(gate(), route, place(who, model), { fields: { model } })
        return { reply, answer: answerTo(reply, model) }
      }
      const unknown = await asked(it.b, UNKNOWN)
      assert.equal(unknown.reply.status, 404)
      assert.match(unknown.reply.text, /The model `[^`]*` does not exist or you do not have access to it\./)
      for (const model of owned) {
        assert.equal((await asked(it.a, model)).reply.status, 200, model)
        const calls = it.upstream.calls.length
        assert.equal((await asked(it.b, model)).answer, unknown.answer, model)
        assert.equal(it.upstream.calls.length, calls, 'the model server was asked')
      }
      for (const model of [NOBODYS, 'openai/ft:m1:acme::a', 'FT:m1:acme::a'])
        for (const who of [it.a, it.b]) assert.equal((await asked(who, model)).answer, unknown.answer, model)
      for (const who of [it.a, it.b]) assert.equal((await asked(who, SHARED)).reply.status, 200, SHARED)
    })

  test('is named within a call by it alone', async () => {
    for (const [path, body] of [
      ['/v1/responses', (model: string) => ({ input: 'x', tools: [{ type: 'image_generation', model }] })],
      ['/v1/responses', (model: string) => ({ input: 'x', moderation: { model } })],
      [CHAT, (model: string) => ({ messages: [], tools: [{ type: 'image_generation', model }] })],
      ['/v1/messages', (model: string) => messageWith({ type: 'advisor_20260301', name: 'advisor', model })],
    ] as const) {
      const asked = async ({ key }: Key, model: string) =>
        answerTo(await app.send('POST', path, { key, body: { model: 'm1', ...body(model) } }), model)
      const unknown = await asked(it.b, UNKNOWN)
      assert.match(unknown, /^404 /)
      assert.equal(await asked(it.b, SHARED).then((told) => told.slice(0, 3)), '200')
      for (const model of [FINE_TUNED, PLAIN]) assert.equal(await asked(it.b, model), unknown, `${path} ${model}`)
      for (const who of [it.a, it.b]) assert.equal(await asked(who, NOBODYS), unknown, path)
    }
  })

  test('is meant by who leaves a model out, where the configuration means it, by its projects alone', async () => {
    const asked = ({ key }: Key) => app.send('POST', '/v1/moderations', { key, body: { input: 'x' } })
    assert.equal((await asked(it.a)).status, 200)
    const refused = await asked(it.b)
    assert.deepEqual([refused.status, refused.body.error.code], [404, 'model_not_found'])
  })

  test('is listed for it alone, in every shape, however often it is asked', async () => {
    const shown = async ({ key }: Key, headers = {}) => {
      const { body } = await app.send('GET', '/v1/models', { key, headers })
      return body.data.map(({ id }: { id: string }) => id).sort()
    }
    const everybodys = ['m1', SHARED].sort()
    for (let i = 0; i < 2; i++)
      for (const headers of [{}, { 'anthropic-version': '2023-06-01' }]) {
        assert.deepEqual(await shown(it.b, headers), everybodys)
        assert.deepEqual(await shown(it.a, headers), [...everybodys, ...owned].sort())
      }
  })

  test('is in the limits and the permissions of its projects alone', async () => {
    const { rateLimits, modelPermissions } = app.admin().organization.projects
    const rows = async ({ projectId }: Key) => {
      const all = (await rateLimits.listRateLimits(projectId, { limit: 100 })).data.map(({ model }) => model)
      const use = await app.send('GET', `/v1/organization/projects/${projectId}/rate_limits/usage?limit=100`)
      return { all, used: use.body.data.map(({ model }: { model: string }) => model) }
    }
    const common = ['*default', 'ft:m1', 'm1']
    const ofA = [...common, ALIAS, PLAIN].sort()
    const settable = (names: string[]) => names.filter((name) => !name.startsWith('ft:'))
    assert.deepEqual(await rows(it.a), { all: ofA, used: settable(ofA) })
    assert.deepEqual(await rows(it.b), { all: common, used: settable(common) })
    const set = ({ projectId }: Key, model: string) =>
      rateLimits.updateRateLimit(`rl-${model}`, { project_id: projectId, max_requests_per_1_minute: 400 })
    assert.equal((await set(it.a, PLAIN)).max_requests_per_1_minute, 400)
    const none = { status: 400, code: 'rate_limit_does_not_exist_for_org_and_model' }
    for (const model of [PLAIN, ALIAS, 'nothing']) await assert.rejects(set(it.b, model), none, model)
    const allow = ({ projectId }: Key, model: string) =>
      modelPermissions.update(projectId, { mode: 'allow_list', model_ids: ['m1', model] })
    for (const model of [...owned, NOBODYS, UNKNOWN])
      await assert.rejects(
        allow(it.b, model),
        { status: 400, message: `400 Invalid 'model_ids[1]': the organization has no model '${model}'.` },
        model,
      )
    assert.deepEqual((await allow(it.a, PLAIN)).model_ids, ['m1', PLAIN])
    await modelPermissions.delete(it.a.projectId)
  })

  test('is in the reports of its own organization alone', async () => {
    const { key } = await newOrganization(app)
    const estimate = (model: string, options = {}) =>
      app.send('GET', `/v1/organization/costs/estimate?model=${encodeURIComponent(model)}&input_tokens=1`, options)
    const limits = async (options = {}) => {
      const { body } = await app.send('GET', '/v1/organization/rate_limits/usage', options)
      return body.data.map(({ model }: { model: string }) => model)
    }
    assert.equal((await estimate(ALIAS)).status, 200)
    assert.equal((await estimate('m1', { key })).status, 200)
    const unknown = answerTo(await estimate(UNKNOWN, { key }), UNKNOWN)
    assert.match(unknown, /^404 /)
    for (const model of [...owned, NOBODYS]) assert.equal(answerTo(await estimate(model, { key }), model), unknown)
    assert.deepEqual(await limits(), [FINE_TUNED, PLAIN].sort())
    assert.deepEqual(await limits({ key }), [])
  })

  test('is let through the check door for it alone, and nothing that could name one unseen', async () => {
    const named = ({ key }: Key, model: string) =>
      checkNamed(app, 'POST', CHAT, { key, headers: { 'x-gatehouse-model': model } })
    const seen = ({ key }: Key, model: string) => checkChat(app, { key, body: { model, messages: [] } })
    const shown = ({ key }: Key, model: string) => checkSent(app, 'GET', `/v1/models/${model}`, { key })
    for (const way of [named, seen, shown]) {
      const unknown = answerTo(await way(it.b, UNKNOWN), UNKNOWN)
      assert.match(unknown, /^404 /)
      assert.equal((await way(it.a, PLAIN)).status, 200)
      for (const model of [PLAIN, FINE_TUNED, NOBODYS]) assert.equal(answerTo(await way(it.b, model), model), unknown)
    }
    for (const who of [it.a, it.b]) {
      const unseen = await checkNamed(app, 'POST', CHAT, { key: who.key })
      assert.deepEqual([unseen.status, unseen.body.error.code], [403, 'model_not_found'])
      assert.match(unseen.body.error.message, /does not have access to every model, and nothing says which one/)
      assert.match((await checkNamed(app, 'GET', '/v1/models', { key: who.key })).text, /would show all of them/)
    }
  })
})

const messageWith = (tool: object) => ({ max_tokens: 1, messages: [{ role: 'user', content: 'x' }], tools: [tool] })

test('whose a model is changes with the configuration, on another node and after a restart, and changes back', async () => {
  await using it = await start()
  const { a, b } = it
  const told = async (app: TestApp, { key }: Key) =>
    (await app.send('POST', CHAT, { key, body: { model: FINE_TUNED, messages: [] } })).status
  const seenOn = async (app: TestApp) => [await told(app, a), await told(app, b), await told(it.closed, a)]
  const first = await it.open(modelsOf(a.projectId))
  assert.deepEqual(await seenOn(first), [200, 404, 404])
  {
    await using second = await it.open(modelsOf(b.projectId))
    assert.deepEqual(await seenOn(second), [404, 200, 404])
    assert.deepEqual(await seenOn(first), [200, 404, 404])
  }
  await first[Symbol.asyncDispose]()
  await using both = await it.open(modelsOf(a.projectId, b.projectId))
  assert.deepEqual(await seenOn(both), [200, 200, 404])
  await using back = await it.open(modelsOf(a.projectId))
  assert.deepEqual(await seenOn(back), [200, 404, 404])
})

test('a project that is archived takes its model along: nobody else has it then', async () => {
  await using it = await start()
  await using app = await it.open(modelsOf(it.a.projectId))
  await app.admin().organization.projects.archive(it.a.projectId)
  const told = async ({ key }: Key) =>
    (await app.send('POST', CHAT, { key, body: { model: FINE_TUNED, messages: [] } })).status
  await until(async () => (await told(it.a)) === 401, 'its key is refused')
  assert.equal(await told(it.b), 404)
})

test('the start says which projects are none here or archived, and which fine-tuned models are nobodys', async () => {
  await using it = await start()
  const { id } = await it.closed.admin().organization.projects.create({ name: 'old' })
  await it.closed.admin().organization.projects.archive(id)
  const lines: Record<string, unknown>[] = []
  const log = (text: string) => {
    for (const line of text.trim().split('\n')) lines.push(JSON.parse(line))
  }
  const elsewhere = 'proj_of_another_install'
  await using app = await it.open(
    { [FINE_TUNED]: { projects: [it.a.projectId, id, elsewhere] } },
    { mcp_hosts: { proj_nowhere: ['mcp.example.com'] } },
    log,
  )
  assert.ok(app)
  const said = (words: RegExp) => lines.find(({ msg }) => words.test(String(msg)))
  await until(async () => said(/nobody may use/) !== undefined, 'it is told whose models are nobodys')
  assert.deepEqual(said(/is no project here/)?.projects, [elsewhere, 'proj_nowhere'])
  assert.deepEqual(said(/projects that are archived/)?.projects, [id])
  assert.deepEqual(
    said(/nobody may use/)?.models,
    listed.filter((model) => /ft:/i.test(model) && model !== FINE_TUNED),
  )
})

test('an upstream that lists nothing is asked for any model, but for a fine-tuned one that is nobodys', async () => {
  await using it = await startGate()
  it.upstream.answer(whole)
  const told = async (model: string) =>
    (await it.app.send('POST', CHAT, { key: it.key, body: { model, messages: [] } })).status
  assert.equal(await told('whatever'), 200)
  for (const model of [FINE_TUNED, 'FT:x', 'openai/ft:x']) assert.equal(await told(model), 404, model)
  assert.equal(it.upstream.calls.length, 1)
})

for (const isOfGate of [false, true])
  test(`a batch has lines for the project's models alone, ${isOfGate ? 'where the gate runs it' : 'where the account has batches'}`, async () => {
    await using stack = new AsyncDisposableStack()
    const own = stack.use(await openTestDatabase('sqlite'))
    const account = stack.use(await startAccount({ models: ['m1', FINE_TUNED] }))
    const env = envOf(account)
    const first = await startTestApp({ databaseUrl: own.url, env })
    const [a, b] = [await makeKey(first), await makeKey(first)]
    // Whoever judges batches judges by its own configuration.
    await first[Symbol.asyncDispose]()
    const model = { projects: [a.projectId], ...(isOfGate && { batches: 'gatehouse' }) }
    const file = stack.use(await modelsFile({ [FINE_TUNED]: model }))
    const app = stack.use(await startTestApp({ databaseUrl: own.url, env: { ...env, GATEHOUSE_CONFIG: file.path } }))
    const ends = async ({ key }: Key, name: string) => {
      const client = app.client(key)
      const { id } = await create(client, jsonl([chat('1', { model: name })]))
      await until(async () => {
        const row = app.db.selectFrom('batch').select(['upstream', 'status']).where('organization_id', '!=', '')
        const { upstream, status } = await row.where('id', '=', id).executeTakeFirstOrThrow()
        return upstream !== null || status === 'failed'
      }, 'the batch to be judged')
      return client.batches.retrieve(id)
    }
    assert.notEqual((await ends(a, FINE_TUNED)).status, 'failed')
    const [refused, unknown] = [await ends(b, FINE_TUNED), await ends(b, UNKNOWN)]
    const errorOf = ({ errors }: typeof refused, name: string) => {
      const [error] = errors?.data ?? []
      return { ...error, message: error?.message?.replaceAll(name, 'MODEL') }
    }
    assert.equal(refused.status, 'failed')
    assert.deepEqual(errorOf(refused, FINE_TUNED), errorOf(unknown, UNKNOWN))
    assert.equal(errorOf(refused, FINE_TUNED).code, 'model_not_found')
    assert.equal((await ends(b, 'm1')).status === 'failed', false)
  })
