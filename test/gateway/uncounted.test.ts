import assert from 'node:assert/strict'
import { test } from 'node:test'
import OpenAI, { toFile } from 'openai'
import { modelsFile } from '../support/models-file.ts'
import { startGate } from './gate.ts'
import { judged } from './judging.ts'
import { json, until } from './upstream.ts'

/** A dollar for a token. */
const priced = { price_per_million: { input: 1_000_000, output: 1_000_000 }, max_output_tokens: 1 }

test('a priced model that reports no usage is not free: speech and images cost their input', async () => {
  await using file = await modelsFile({ m1: priced })
  await using gate = await startGate({ env: { GATEHOUSE_CONFIG: file.path } })
  const client = gate.app.client(gate.key)
  const { projects } = gate.app.admin().organization
  // Twelve characters are three tokens and cost three dollars; what is set aside is more than that, by bytes.
  const drawing = { model: 'm1', prompt: 'twelve chars', size: '1024x1024' } as const
  const { boundTokens } = judged('images.generate', drawing).worst
  const threshold_amount = 100 * (1 + boundTokens + 5)
  await projects.spendLimit.update(gate.projectId, { threshold_amount, currency: 'USD', interval: 'month' })
  gate.upstream.answer(({ response }) => response.writeHead(200, { 'content-type': 'audio/mpeg' }).end('not really'))
  const speak = () => client.audio.speech.create({ model: 'm1', voice: 'alloy', input: 'twelve chars' })
  const limited = (error: unknown) => error instanceof OpenAI.APIError && error.code === 'project_spend_limit_exceeded'
  await speak()
  await until(async () => (await gate.app.metric('gatehouse_calls_settling')) === 0, 'the count of what was spoken')
  gate.upstream.answer(json({ created: 1, data: [{ url: 'https://example.com/1.png' }] }))
  await client.images.generate(drawing)
  await until(async () => (await gate.app.metric('gatehouse_calls_settling')) === 0, 'the count of what was drawn')
  await assert.rejects(client.images.generate(drawing), limited)
})

test('a client that leaves before the reply keeps neither images nor audio', async () => {
  await using file = await modelsFile({ m1: { dimensions: ['audio', 'images'] } })
  await using gate = await startGate({ env: { GATEHOUSE_CONFIG: file.path } })
  const client = gate.app.client(gate.key)
  const limits = { max_images_per_1_minute: 3, max_audio_megabytes_per_1_minute: 3 }
  const { rateLimits } = gate.app.admin().organization.projects
  await rateLimits.updateRateLimit('rl-m1', { project_id: gate.projectId, ...limits })
  gate.upstream.answer(() => {})
  const recording = await toFile(Buffer.alloc(2_000_000), 'a.wav')
  const leave = async (call: (signal: AbortSignal) => Promise<unknown>) => {
    const before = gate.upstream.calls.length
    const leaving = new AbortController()
    const made = call(leaving.signal)
    await until(() => gate.upstream.calls.length > before, 'the call')
    await gate.upstream.calls[before]?.whole
    leaving.abort()
    await assert.rejects(made)
    await until(() => gate.upstream.calls[before]?.cancelled, 'its end')
  }
  await leave((signal) => client.images.generate({ model: 'm1', prompt: 'x', n: 2 }, { signal }))
  await leave((signal) => client.audio.transcriptions.create({ model: 'm1', file: recording }, { signal }))
  gate.upstream.answer(json({ text: 'x' }))
  const isLimited = (error: unknown) => error instanceof OpenAI.RateLimitError
  await assert.rejects(client.images.generate({ model: 'm1', prompt: 'x', n: 2 }), isLimited)
  await assert.rejects(client.audio.transcriptions.create({ model: 'm1', file: recording }), isLimited)
})
