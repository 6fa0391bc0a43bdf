import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { RouteName } from '../../src/gateway/routes/table.ts'
import { routes } from '../../src/gateway/routes/table.ts'
import { modelsFile } from '../support/models-file.ts'
import { metered } from './declared.ts'
import { CHAT, makeKey, openCall, question, replyTo, startGate, type TestGate } from './gate.ts'
import { EVENTS, event, json, until } from './upstream.ts'

/** A cent for a token, there and back. */
const price_per_million = { input: 10_000, output: 10_000 }
const models = {
  m1: { price_per_million, max_output_tokens: 10, context_tokens: 2000 },
  open: { price_per_million },
  reader: { price_per_million: { input: 10_000, output: 0 } },
}
const LIE = 1e9

/** All the names and shapes in which a model server can say that it used more than there is. */
const lies: Record<string, object> = {
  'tokens of the answer': { prompt_tokens: 5, completion_tokens: LIE },
  'tokens of the input': { prompt_tokens: LIE, completion_tokens: 5 },
  'another way to call them': { input_tokens: LIE, output_tokens: LIE },
  'a total': { prompt_tokens: 5, completion_tokens: 5, total_tokens: LIE },
  'cached input beside the input': {
    ...{ prompt_tokens: 5, completion_tokens: 5, total_tokens: LIE },
    prompt_tokens_details: { cached_tokens: LIE },
  },
  'audio and images': {
    ...{ prompt_tokens: LIE, completion_tokens: LIE },
    prompt_tokens_details: { audio_tokens: LIE, image_tokens: LIE },
    completion_tokens_details: { audio_tokens: LIE, image_tokens: LIE },
  },
}

type Place = { projectId: string; key: string }

describe('a model server that lies', () => {
  let gate: TestGate
  let file: Awaited<ReturnType<typeof modelsFile>>
  before(async () => {
    file = await modelsFile(models)
    gate = await startGate({ env: { GATEHOUSE_CONFIG: file.path } })
  })
  after(async () => {
    await gate[Symbol.asyncDispose]()
    await file[Symbol.asyncDispose]()
  })

  /** A project that may spend so many cents. */
  async function place(threshold_amount = 100_000): Promise<Place> {
    const made = await makeKey(gate.app)
    const { spendLimit } = gate.app.admin().organization.projects
    await spendLimit.update(made.projectId, { threshold_amount, currency: 'USD', interval: 'month' })
    return made
  }

  const rows = (of: Place) => metered(gate, of)

  /** What is charged, in cents, and what the usage says, once it is written. */
  async function charged(of: Place) {
    await until(async () => (await rows(of)).some(({ kind }) => kind === 'costs'), 'the costs')
    const all = await rows(of)
    const nano = all.filter(({ kind }) => kind === 'costs').reduce((sum, row) => sum + Number(row.amount_nano), 0)
    const used = all.filter(({ kind }) => kind !== 'costs')
    const tokens = used.reduce((sum, row) => sum + Number(row.input_tokens) + Number(row.output_tokens), 0)
    return { cents: nano / 10_000_000, tokens }
  }

  const ask = (of: Place, body: object, path = CHAT) => gate.app.send('POST', path, { key: of.key, body })

  /** Bodies of the routes that are charged by the token. */
  const bodies: [RouteName, object][] = [
    ['chat.completions.create', question],
    ['chat.completions.create', { ...question, stream: true }],
    ['completions.create', { model: 'm1', prompt: 'hello' }],
    ['responses.create', { model: 'm1', input: 'hello' }],
    ['embeddings.create', { model: 'm1', input: 'hello' }],
    ['moderations.create', { model: 'm1', input: 'hello' }],
    ['images.generate', { model: 'm1', prompt: 'hello' }],
  ]
  for (const [lie, usage] of Object.entries(lies)) {
    test(`about ${lie} charges no call with more than it can have used, on any route`, async () => {
      const before = await gate.app.metric('gatehouse_upstream_excess_tokens_total{upstream="default"}')
      for (const [name, body] of bodies) {
        const of = await place()
        const reply = { choices: [], output: [], data: [], usage }
        const isStream = 'stream' in body
        gate.upstream.answer(
          isStream
            ? ({ response }) => response.writeHead(200, EVENTS).end(event(reply) + event('[DONE]'))
            : json(reply),
        )
        assert.equal((await ask(of, body, routes[name].path)).status, 200)
        const { cents, tokens } = await charged(of)
        assert.ok(cents > 0 && cents <= 2000 + 16, `${name}: ${cents} cents`)
        assert.ok(tokens <= 2000 + 16, `${name}: ${tokens} tokens`)
      }
      assert.ok((await gate.app.metric('gatehouse_upstream_excess_tokens_total{upstream="default"}')) > before)
      assert.equal(await gate.app.metric('gatehouse_settled_over_reserved_total').catch(() => 0), 0)
    })
  }

  test('about one call leaves the limits of a minute to the others', async () => {
    const of = await place()
    const { rateLimits } = gate.app.admin().organization.projects
    await rateLimits.updateRateLimit('rl-m1', { project_id: of.projectId, max_tokens_per_1_minute: 5000 })
    gate.upstream.answer(json({ choices: [], usage: { prompt_tokens: 5, completion_tokens: LIE } }))
    assert.equal((await ask(of, question)).status, 200)
    const next = await ask(of, question)
    assert.equal(next.status, 200)
    assert.ok(Number(next.headers.get('x-ratelimit-remaining-project-tokens')) > 4000)
  })

  test('about a call that nothing bounds leaves its limits a debt of two minutes beyond a whole one, and the rest is told', async () => {
    const of = await makeKey(gate.app)
    const { rateLimits } = gate.app.admin().organization.projects
    await rateLimits.updateRateLimit('rl-open', { project_id: of.projectId, max_tokens_per_1_minute: 20_000 })
    gate.upstream.answer(json({ choices: [], usage: { prompt_tokens: 5, completion_tokens: LIE } }))
    const excess = () => gate.app.metric('gatehouse_upstream_excess_tokens_total{upstream="default"}').catch(() => 0)
    const before = await excess()
    const asked = { ...question, model: 'open' }
    assert.equal((await ask(of, asked)).status, 200)
    const next = await ask(of, asked)
    assert.deepEqual([next.status, next.body.error?.code], [429, 'rate_limit_exceeded'])
    const wait = Number(next.headers.get('retry-after'))
    assert.ok(wait > 120 && wait <= 180, `${wait} seconds`)
    assert.equal((await excess()) - before, LIE + 5 - 60_000)
  })

  test('is not charged for what the call itself allows no more than, and its maximum beats that of the model', async () => {
    const of = await place()
    gate.upstream.answer(json({ choices: [], usage: { prompt_tokens: 5, completion_tokens: LIE } }))
    assert.equal((await ask(of, { ...question, model: 'open', max_tokens: 3, n: 2 })).status, 200)
    assert.deepEqual(await charged(of), { cents: 11, tokens: 11 })
  })

  test('by a stream without an end is cut off at twice the maximum, and charged at once with the maximum', async () => {
    const of = await place()
    let sent = 0
    gate.upstream.answer(async ({ response }) => {
      response.writeHead(200, EVENTS)
      while (!response.destroyed && sent < 100_000) {
        sent++
        response.write(event({ choices: [{ index: 0, delta: { content: 'word ' } }] }))
        await new Promise(setImmediate)
      }
    })
    const call = openCall({ app: gate.app, key: of.key }, CHAT)
    call.end(JSON.stringify({ ...question, stream: true }))
    // Where it is too much before the client has read anything, there is nothing but the end of the connection.
    const reply = await replyTo(call).catch(() => null)
    assert.equal((await reply?.ended) ?? 'broken', 'broken')
    const words = Buffer.concat(reply?.chunks ?? []).toString()
    assert.ok(words.split('word ').length <= 22)
    assert.ok(sent < 100_000, 'the model server went on')
    const { cents } = await charged(of)
    assert.ok(cents > 10 && cents < 30, `${cents} cents`)
    const overran = 'gatehouse_upstream_failures_total{upstream="default",reason="overran"}'
    assert.equal(await gate.app.metric(overran), 1)
    // A stream as long as it may be is whole.
    gate.upstream.answer(({ response }) => {
      const words = Array.from({ length: 10 }, () => event({ choices: [{ index: 0, delta: { content: ' word' } }] }))
      response.writeHead(200, EVENTS).end(`${words.join('')}${event('[DONE]')}`)
    })
    const whole = openCall({ app: gate.app, key: of.key }, CHAT)
    whole.end(JSON.stringify({ ...question, stream: true }))
    assert.equal(await (await replyTo(whole)).ended, 'complete')
    assert.equal(await gate.app.metric(overran), 1)
  })

  test('cannot be asked where a spend limit holds and nothing bounds the answer, or what is read', async () => {
    const of = await place()
    gate.upstream.answer(
      json({ choices: [], output: [{ id: 'msg_1' }], usage: { prompt_tokens: 5, completion_tokens: 5 } }),
    )
    const said = async (body: object, path = CHAT) => {
      const { status, body: reply } = await ask(of, body, path)
      if (status === 200) return '200'
      return `${status} ${reply.error.code} ${reply.error.param}`
    }
    const open = { ...question, model: 'open' }
    assert.equal(await said(open), '400 max_output_tokens_unknown max_completion_tokens')
    const { text } = await ask(of, open)
    assert.ok(text.includes("'max_completion_tokens'") && text.includes("'max_output_tokens'"), text)
    assert.equal(await said({ ...open, max_tokens: 5 }), '200')
    assert.equal(await said({ ...open, max_tokens: 0 }), '400 max_output_tokens_unknown max_completion_tokens')
    const image = { type: 'image_url', image_url: { url: 'https://example.com/1.png' } }
    const seen = (model: string) => ({ model, max_tokens: 5, messages: [{ role: 'user', content: [image] }] })
    assert.equal(await said(seen('open')), '400 context_tokens_unknown image_url')
    assert.equal(await said(seen('m1')), '200')
    const searching = { model: 'open', input: 'x', max_output_tokens: 5, tools: [{ type: 'web_search' }] }
    assert.equal(await said(searching, '/v1/responses'), '400 context_tokens_unknown tools')
    assert.equal(await said({ ...searching, model: 'm1' }, '/v1/responses'), '200')
    const referring = { model: 'open', max_output_tokens: 5, input: ['x', { type: 'item_reference', id: 'msg_1' }] }
    assert.equal(await said(referring, '/v1/responses'), '400 context_tokens_unknown input[1].id')
    assert.equal(
      await said({ model: 'open', prompt: 'x' }, '/v1/images/generations'),
      '400 max_output_tokens_unknown model',
    )
    // An answer that costs nothing needs no bound, and where nobody has a limit nothing does.
    assert.equal(await said({ ...question, model: 'reader' }), '200')
    await gate.app.admin().organization.projects.spendLimit.delete(of.projectId)
    assert.equal(await said(open), '200')
    assert.equal(await said(seen('open')), '200')
  })

  test('is paid no more than a form asks for, and that much is set aside', async () => {
    const of = await place(1000 * 100)
    gate.upstream.answer(json({ text: 'x', usage: { input_tokens: 5, output_tokens: LIE } }))
    const send = async (most: string) => {
      const form = new FormData()
      for (const [name, value] of Object.entries({ model: 'open', max_completion_tokens: most }))
        form.append(name, value)
      form.append('file', new Blob(['sound']), 'a.wav')
      const headers = { authorization: `Bearer ${of.key}` }
      const reply = await fetch(`${gate.app.url}/v1/audio/transcriptions`, { method: 'POST', headers, body: form })
      return `${reply.status} ${((await reply.json()) as { error?: { code: string } }).error?.code}`
    }
    assert.equal(await send('200000'), '429 project_spend_limit_exceeded')
    assert.equal(await send('5000'), '200 undefined')
    assert.equal((await charged(of)).cents, 5005)
  })

  test('about the length of a recording reports no more seconds than its bytes can have', async () => {
    for (const said of [{ usage: { type: 'duration', seconds: LIE } }, { duration: LIE }]) {
      const of = await makeKey(gate.app)
      gate.upstream.answer(json({ text: 'x', ...said }))
      const form = new FormData()
      form.append('model', 'reader')
      form.append('file', new Blob(['s'.repeat(5000)]), 'a.wav')
      const headers = { authorization: `Bearer ${of.key}` }
      const reply = await fetch(`${gate.app.url}/v1/audio/transcriptions`, { method: 'POST', headers, body: form })
      assert.equal(reply.status, 200)
      await reply.arrayBuffer()
      const heard = async () => (await rows(of)).find(({ kind }) => kind === 'audio_transcriptions')
      await until(async () => (await heard()) !== undefined, 'the transcription')
      assert.equal(Number((await heard())?.units), 30)
    }
  })

  test('and Chinese text, which has more tokens than characters by four, overdraws nothing', async () => {
    const of = await place(1500)
    const content = '\u9f98'.repeat(1000)
    gate.upstream.answer(json({ choices: [], usage: { prompt_tokens: 3000, completion_tokens: 1 } }))
    const body = { model: 'open', max_tokens: 1, messages: [{ role: 'user', content }] }
    assert.equal((await ask(of, body)).body.error?.code, 'project_spend_limit_exceeded')
  })
})
