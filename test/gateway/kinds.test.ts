import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkChat, told } from './check/checking.ts'
import { CHAT, question, startGate, type TestGate } from './gate.ts'

const chat = ({ app, key }: TestGate, fields: object) =>
  app.send('POST', CHAT, { key, body: { ...question, ...fields } })

async function transcribe({ app, key }: TestGate, fields: Record<string, string>, file = 'file') {
  const form = new FormData()
  for (const [name, value] of Object.entries({ model: 'm1', ...fields })) form.append(name, value)
  form.append('file', new Blob(['sound']), 'a.mp3')
  if (file !== 'file') form.append(file, new Blob(['http://10.0.0.1']), 'b.txt')
  const headers = { authorization: `Bearer ${key}` }
  const reply = await fetch(`${app.url}/v1/audio/transcriptions`, { method: 'POST', headers, body: form })
  const { error } = (await reply.json()) as { error?: { code: string; param: string } }
  return error ? `${reply.status} ${error.code} ${error.param}` : String(reply.status)
}

test('the kind of a model server says which fields reach it, in JSON, in forms and at the check door', async () => {
  await using gate = await startGate({ env: { GATEHOUSE_UPSTREAM_KIND: 'llama.cpp' } })
  const unknown = '400 unknown_parameter of_nobody'
  assert.equal(told(await chat(gate, { top_k: 5, grammar: 'x' })), '200')
  assert.equal(told(await chat(gate, { of_nobody: 1 })), unknown)
  assert.equal(told(await chat(gate, { Id_Slot: 1 })), '400 not_offered Id_Slot')
  assert.equal(await transcribe(gate, { language: 'en', 'include[]': 'logprobs' }), '200')
  assert.equal(await transcribe(gate, { of_nobody: 'x' }), unknown)
  assert.equal(await transcribe(gate, { API_BASE: 'x' }), '400 not_offered API_BASE')
  // A file of another name than the original's is none to anybody.
  assert.equal(await transcribe(gate, {}, 'API_BASE'), '400 invalid_type API_BASE')
  assert.equal(await transcribe(gate, {}, 'mask'), '400 unknown_parameter mask')
  const { app, key } = gate
  const check = (fields: object) => checkChat(app, { key, body: { ...question, ...fields } })
  assert.equal(told(await check({ top_k: 5 })), '200')
  assert.equal(told(await check({ of_nobody: 1 })), unknown)
  assert.equal(told(await check({ fallbacks: ['m2'] })), '400 not_offered fallbacks')
})

test('what is unknown is left out where the operator says so, but not by a proxy that carries the body itself', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-kinds-'))
  try {
    const path = join(folder, 'config.json')
    await writeFile(path, '{"unknown_fields": "drop"}')
    await using gate = await startGate({ env: { GATEHOUSE_CONFIG: path, GATEHOUSE_UPSTREAM_KIND: 'openai' } })
    assert.equal(told(await chat(gate, { of_nobody: 1, top_p: 1 })), '200')
    const sent = JSON.parse(gate.upstream.calls.at(-1)?.body.toString() ?? '{}')
    assert.deepEqual([sent.top_p, 'of_nobody' in sent], [1, false])
    assert.equal(await transcribe(gate, { of_nobody: 'x', language: 'en' }, 'mask'), '200')
    const form = gate.upstream.calls.at(-1)?.body.toString() ?? ''
    assert.match(form, /name="language"/)
    assert.match(form, /name="file"/)
    assert.doesNotMatch(form, /of_nobody|mask|10\.0\.0\.1/)
    assert.equal(told(await chat(gate, { api_base: 'x' })), '400 not_offered api_base')
    const { app, key } = gate
    const checked = await checkChat(app, { key, body: { ...question, of_nobody: 1 } })
    assert.equal(told(checked), '400 invalid_value of_nobody')
    assert.match(checked.body.error.message, /Leave it out/)
  } finally {
    await rm(folder, { recursive: true })
  }
})
