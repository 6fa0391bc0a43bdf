import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ConfigError, readConfig } from './config.ts'

async function read(text: string, env: Record<string, string> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-config-'))
  try {
    await writeFile(join(folder, 'config.yaml'), text)
    return readConfig({ GATEHOUSE_CONFIG: join(folder, 'config.yaml'), ...env })
  } finally {
    await rm(folder, { recursive: true })
  }
}

test('the file names an upstream, its key from the environment, and models with prices in nano-dollars', async () => {
  const text = `
upstreams: { main: { url: 'https://models.internal/v1/', key: '\${KEY}', timeout_ms: 60000, weight: 1 } }
models:
  m1: { upstreams: [main], dimensions: [images], price_per_million: { input: 0.15, cached_input: 0.075, output: 0.6 } }
`
  const config = await read(text, { KEY: 'secret' })
  assert.equal(config.upstreamUrl, 'https://models.internal/v1')
  assert.equal(config.upstreamKey, 'secret')
  assert.equal(config.upstreamTimeoutMs, 60_000)
  const model = config.models.get('m1')
  assert.deepEqual(model?.price, { input: 150_000_000, cachedInput: 75_000_000, output: 600_000_000 })
  assert.ok(model?.dimensions.has('max_images_per_1_minute'))
})

test('every mistake of the file is told at once', async () => {
  const text = `
upstreams: { main: { url: 'ftp://x', keys: 1 } }
models: { m1: { max_output_tokens: 0, price_per_million: { input: -1 } } }
`
  await assert.rejects(read(text), (error: ConfigError) => {
    assert.ok(error instanceof ConfigError)
    for (const what of ['upstreams.main.url', "('keys')", 'models.m1.max_output_tokens', 'price_per_million.input']) {
      assert.ok(
        error.mistakes.some((mistake) => mistake.includes(what)),
        what,
      )
    }
    return true
  })
})

test('a file that is not there, is no YAML, or lacks a variable or an upstream it names is a mistake', async () => {
  assert.throws(() => readConfig({ GATEHOUSE_CONFIG: '/nowhere/config.yaml' }), ConfigError)
  await assert.rejects(read('models: ['), ConfigError)
  await assert.rejects(read("upstreams: { a: { url: 'http://x/v1', key: '$" + "{NOT_THERE}' } }"), /NOT_THERE/)
  await assert.rejects(read('models: { m: { upstreams: [gone] } }'), /gone/)
})
