import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { CODERS } from '../support/codings.ts'
import { CHAT, question, startGate, type TestGate } from './gate.ts'
import { Wire } from './wire.ts'

const TRANSCRIPTIONS = '/v1/audio/transcriptions'

let gate: TestGate
before(async () => {
  gate = await startGate({ models: [{ id: 'm1' }, { id: 'm2' }, { id: 'whisper-1' }] })
})
after(() => gate[Symbol.asyncDispose]())

type Sent = { coding: string; key?: string; type?: string; headers?: Record<string, string> }

async function send(path: string, body: Buffer, { coding, key = gate.key, type = 'application/json', headers }: Sent) {
  const reply = await gate.app.fetch(gate.app.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': type, 'content-encoding': coding, ...headers },
    body: new Uint8Array(body),
  })
  const text = await reply.text()
  return { status: reply.status, headers: reply.headers, error: text === '' ? null : JSON.parse(text).error }
}

const bytesOf = (body: object) => Buffer.from(JSON.stringify(body))

for (const [coding, code] of Object.entries(CODERS)) {
  test(`${coding}: the model server gets the body plain, with its own length`, async () => {
    const before = gate.upstream.calls.length
    assert.equal((await send(CHAT, code(bytesOf(question)), { coding })).status, 200)
    const call = await gate.upstream.call(before)
    await call.whole
    assert.deepEqual(JSON.parse(call.body.toString()), question)
    assert.equal(call.header('content-encoding'), undefined)
    assert.equal(call.header('content-length'), String(call.body.length))
    assert.equal(call.header('transfer-encoding'), undefined)
  })

  test(`${coding}: a form too`, async () => {
    const before = gate.upstream.calls.length
    const form = new FormData()
    form.set('model', 'whisper-1')
    form.set('file', new File(['RIFF'.repeat(50_000)], 'a.wav', { type: 'audio/wav' }))
    const written = new Request('http://any', { method: 'POST', body: form })
    const type = written.headers.get('content-type') ?? ''
    const body = code(Buffer.from(await written.arrayBuffer()))
    assert.equal((await send(TRANSCRIPTIONS, body, { coding, type })).status, 200)
    const call = await gate.upstream.call(before)
    await call.whole
    assert.equal(call.header('content-encoding'), undefined)
    assert.equal(call.header('content-length'), String(call.body.length))
    const sent = await new Response(new Uint8Array(call.body), {
      headers: { 'content-type': call.header('content-type') ?? '' },
    }).formData()
    assert.equal((sent.get('file') as File).size, 200_000)
  })

  test(`${coding}: what is judged is what is within, at the gate and at the check door`, async () => {
    const { modelPermissions } = gate.app.admin().organization.projects
    await modelPermissions.update(gate.projectId, { mode: 'allow_list', model_ids: ['m1'] })
    const before = gate.upstream.calls.length
    const wrong: [body: object, status: number, code: string, param: string | null][] = [
      [{ ...question, model: 'm2' }, 403, 'model_not_found', null],
      [{ ...question, models: ['m2'] }, 400, 'not_offered', 'models'],
      [{ ...question, max_tokens: -1 }, 400, 'integer_below_min_value', 'max_tokens'],
      [{ messages: [] }, 400, 'missing_required_parameter', 'model'],
    ]
    for (const [body, status, name, param] of wrong) {
      for (const path of [CHAT, `/check${CHAT}`]) {
        const { error, ...reply } = await send(path, code(bytesOf(body)), { coding })
        assert.deepEqual([reply.status, error.code, error.param], [status, name, param], path)
      }
    }
    for (const path of [CHAT, `/check${CHAT}`]) {
      assert.equal((await send(path, code(bytesOf(question)).subarray(0, -1), { coding })).status, 400, path)
    }
    assert.equal(gate.upstream.calls.length, before)
    assert.equal((await send(`/check${CHAT}`, code(bytesOf(question)), { coding })).status, 200)
    await modelPermissions.delete(gate.projectId)
  })

  test(`${coding}: nothing is decoded before the key is known`, async () => {
    const head = [
      'host: gate',
      'content-type: application/json',
      'transfer-encoding: chunked',
      `content-encoding: ${coding}`,
    ]
    const cut = code(bytesOf(question)).subarray(0, -1)
    for (const path of [CHAT, `/check${CHAT}`]) {
      for (const key of ['sk-unknown', `${gate.key.slice(0, -1)}_`]) {
        const { status, error } = await send(path, cut, { coding, key })
        assert.deepEqual([status, error.code], [401, 'invalid_api_key'])
        // Its answer waits for no byte of the body.
        using wire = await Wire.open(gate.app.url)
        await wire.send([`POST ${path} HTTP/1.1`, `authorization: Bearer ${key}`, ...head, '', ''].join('\r\n'))
        assert.equal((await wire.reply()).status, 401)
      }
    }
    assert.equal(await gate.app.metric('gatehouse_body_bytes'), 0)
  })
}

test('what is not read is 415 and says in a header what is; a coding of the transfer stays refused', async () => {
  for (const path of [CHAT, TRANSCRIPTIONS, `/check${CHAT}`]) {
    for (const coding of ['compress', 'gzip, gzip', 'gzip, br', 'lz4']) {
      const { status, headers, error } = await send(path, bytesOf(question), { coding })
      assert.deepEqual([status, error.code, error.type], [415, 'unsupported_content_encoding', 'invalid_request_error'])
      assert.equal(headers.get('accept-encoding'), 'gzip, deflate, br, zstd')
      assert.deepEqual(Object.keys(error).sort(), ['code', 'message', 'param', 'type'])
    }
  }
  using wire = await Wire.open(gate.app.url)
  const head = [`POST ${CHAT} HTTP/1.1`, 'host: gate', `authorization: Bearer ${gate.key}`]
  await wire.send([...head, 'content-type: application/json', 'transfer-encoding: gzip, chunked', '', ''].join('\r\n'))
  assert.equal((await wire.reply()).status, 400)
})

test('a limit of tokens counts what is within, and the reports what was said of it', async () => {
  const reply = await send(CHAT, CODERS.gzip?.(bytesOf(question)) ?? Buffer.alloc(0), { coding: 'gzip' })
  const plain = await gate.app.send('POST', CHAT, { key: gate.key, body: question })
  const left = 'x-ratelimit-remaining-tokens'
  assert.equal(reply.headers.get(left), plain.headers.get(left))
  assert.equal(reply.status, plain.status)
})
