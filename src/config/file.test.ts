import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { offers } from '../core/offer.ts'
import { ConfigError, readConfig } from './settings.ts'

const any = { kind: 'other', extraFields: [], unknownFields: null, asksForUsage: 'auto', offers: [] }

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
  m1: { upstreams: [main], dimensions: [images], context_tokens: 131072, max_reasoning_tokens: 2048, price_per_million: { input: 0.15, cached_input: 0.075, output: 0.6 } }
`
  const config = await read(text, { KEY: 'secret' })
  const main = { url: 'https://models.internal/v1', key: 'secret', timeoutMs: 60_000, weight: 1, ...any }
  assert.deepEqual(config.upstreams, new Map([['main', main]]))
  const model = config.models.get('m1')
  assert.deepEqual(model?.price, { input: 150_000_000, cachedInput: 75_000_000, output: 600_000_000 })
  assert.deepEqual([model?.contextTokens, model?.maxReasoningTokens, model?.maxOutputTokens], [131_072, 2048, null])
  assert.ok(model?.dimensions.has('max_images_per_1_minute'))
})

test('a price is asked for of the input alone; the others are the same where they are left out', async () => {
  const { models } = await read('models: { e1: { price_per_million: { input: 0.02 } } }')
  assert.deepEqual(models.get('e1')?.price, { input: 20_000_000, cachedInput: 20_000_000, output: 20_000_000 })
})

test('a model belongs to the projects that are named, or to all; of a fine-tuned one they have to be', async () => {
  const id = `proj_${'a'.repeat(24)}`
  const { models } = await read(`
models:
  plain: {}
  kept: { projects: [${id}] }
  ft:base:acme::1: { projects: [${id}] }
  ft:base:acme::2: { projects: ['*'] }
  alias: { name_upstream: ft:base:acme::3, projects: ['*', ${id}] }
`)
  assert.deepEqual(
    [...models].map(([name, { projects }]) => [name, projects && [...projects]]),
    [
      ['plain', null],
      ['kept', [id]],
      ['ft:base:acme::1', [id]],
      ['ft:base:acme::2', null],
      ['alias', null],
    ],
  )
  const wrong = `
models:
  m1: { projects: [My project, ${id}] }
  m2: { projects: [] }
  ft:base:acme::1: {}
  openai/ft:base:acme::1: {}
  alias: { name_upstream: 'FT:base:acme::3' }
`
  await assert.rejects(read(wrong.replace('  m2: { projects: [] }\n', '')), (error: ConfigError) => {
    assert.equal(error.mistakes.length, 4)
    assert.match(
      error.mistakes[0] ?? '',
      /models\.m1\.projects names 'My project', which is neither the id of a project/,
    )
    for (const mistake of error.mistakes.slice(1))
      assert.match(mistake, /is a fine-tuned model, and `projects` is missing/)
    return true
  })
  await assert.rejects(read(wrong), /models\.m2\.projects/)
})

test('every mistake of the file is told at once', async () => {
  const text = `
upstreams: { main: { url: 'ftp://x', keys: 1 } }
models: { m1: { max_output_tokens: 0, context_tokens: 0, price_per_million: { input: -1 } } }
`
  await assert.rejects(read(text), (error: ConfigError) => {
    assert.ok(error instanceof ConfigError)
    for (const what of [
      'upstreams.main.url',
      "('keys')",
      'models.m1.max_output_tokens',
      'models.m1.context_tokens',
      'price_per_million.input',
    ]) {
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

test('several upstreams have weights, and a model is served by those it names, or by all', async () => {
  const text = `
upstreams:
  a: { url: 'http://a/v1', weight: 3 }
  b: { url: 'https://b:8443/base/v1/', timeout_ms: 5000 }
models:
  m1: { upstreams: [b, b], name_upstream: meta/llama }
  m2: {}
default_max_output_tokens: 1000
body_budget_mb: 64
`
  const config = await read(text)
  assert.deepEqual(
    config.upstreams,
    new Map([
      ['a', { url: 'http://a/v1', key: null, timeoutMs: null, weight: 3, ...any }],
      ['b', { url: 'https://b:8443/base/v1', key: null, timeoutMs: 5000, weight: 1, ...any }],
    ]),
  )
  const { m1, m2 } = Object.fromEntries(config.models)
  assert.deepEqual([m1?.upstreams, m1?.upstreamName], [['b'], 'meta/llama'])
  assert.deepEqual([m2?.upstreams, m2?.upstreamName], [['a', 'b'], 'm2'])
  assert.deepEqual([config.defaultMaxOutputTokens, config.bodyBudgetBytes], [1000, 64 * 1024 * 1024])
})

test('models without upstreams in the file are served by the one of the settings, or by the built-in one', async () => {
  const models = 'models: { m1: {} }'
  assert.deepEqual((await read(models)).models.get('m1')?.upstreams, ['echo'])
  const config = await read(models, { GATEHOUSE_UPSTREAM_URL: 'http://h/v1', GATEHOUSE_UPSTREAM_KEY: 'k' })
  assert.deepEqual(config.models.get('m1')?.upstreams, ['default'])
  assert.deepEqual(
    [...config.upstreams],
    [['default', { url: 'http://h/v1', key: 'k', timeoutMs: null, weight: 1, ...any }]],
  )
})

test('a key of the settings is for the one upstream of the file, and a mistake where there are several', async () => {
  const one = await read("upstreams: { a: { url: 'http://a/v1', key: file } }", { GATEHOUSE_UPSTREAM_KEY: 'env' })
  assert.equal(one.upstreams.get('a')?.key, 'env')
  const two = "upstreams: { a: { url: 'http://a/v1' }, b: { url: 'http://b/v1' } }"
  await assert.rejects(read(two, { GATEHOUSE_UPSTREAM_KEY: 'env' }), /GATEHOUSE_UPSTREAM_KEY/)
  await assert.rejects(read(two, { GATEHOUSE_UPSTREAM_URL: 'http://c/v1' }), /GATEHOUSE_UPSTREAM_URL/)
})

test("an upstream's URL with a password, a key that no header can carry and a name that no label can be are mistakes", async () => {
  for (const [text, where] of [
    ["upstreams: { a: { url: 'http://user:hush@h/v1' } }", /upstreams\.a\.url/],
    ["upstreams: { a: { url: 'http://h/v1?x=1' } }", /upstreams\.a\.url/],
    ["upstreams: { a: { url: 'http://h/v1', key: 'hush hush' } }", /upstreams\.a\.key/],
    ["upstreams: { 'a b': { url: 'http://h/v1' } }", /upstreams/],
    ["upstreams: { a: { url: 'http://h/v1', weight: 0 } }", /weight/],
    ["upstreams: { a: { url: 'http://h/v1', kind: tgi } }", /upstreams.a.kind/],
    ["upstreams: { a: { url: 'http://h/v1', unknown_fields: pass } }", /upstreams.a.unknown_fields/],
    [
      "upstreams: { a: { url: 'http://h/v1', extra_fields: [top_k, Api-Base] } }",
      /'Api-Base' could choose another host/,
    ],
    ['unknown_fields: pass', /unknown_fields/],
  ] as const) {
    await assert.rejects(read(text), (error: ConfigError) => {
      assert.match(error.message, where)
      assert.doesNotMatch(error.message, /hush/)
      return true
    })
  }
})

test('an upstream has a kind, fields of its own, and a word on all others, which the file may say for all', async () => {
  const said = await read(
    "unknown_fields: drop\nupstreams: { a: { url: 'http://a/v1', kind: vllm, extra_fields: [x] }, b: { url: 'http://b/v1', unknown_fields: refuse } }",
  )
  const fieldsOf = (name: string) => {
    const { kind, extraFields, unknownFields } = said.upstreams.get(name) ?? assert.fail(name)
    return [kind, extraFields, unknownFields]
  }
  assert.deepEqual(fieldsOf('a'), ['vllm', ['x'], 'drop'])
  assert.deepEqual(fieldsOf('b'), ['other', [], 'refuse'])
  const env = { GATEHOUSE_UPSTREAM_KIND: 'sglang' }
  const small = await read('unknown_fields: drop', { ...env, GATEHOUSE_UPSTREAM_URL: 'http://h/v1' })
  const { kind, unknownFields } = small.upstreams.get('default') ?? assert.fail()
  assert.deepEqual([kind, unknownFields], ['sglang', 'drop'])
  const one = "upstreams: { a: { url: 'http://a/v1', kind: vllm } }"
  assert.equal((await read(one, env)).upstreams.get('a')?.kind, 'sglang')
  const two = "upstreams: { a: { url: 'http://a/v1' }, b: { url: 'http://b/v1' } }"
  for (const text of [two, '{}']) await assert.rejects(read(text, env), /GATEHOUSE_UPSTREAM_KIND/)
  await assert.rejects(
    read('{}', { GATEHOUSE_UPSTREAM_URL: 'http://h/v1', GATEHOUSE_UPSTREAM_KIND: 'tgi' }),
    /GATEHOUSE_UPSTREAM_KIND: 'tgi' is none of openai, vllm/,
  )
})

test('how long things are kept is counted in days: 30 where the file does not say, and the audit log for ever', async () => {
  const { retention } = await read('retention: { usage_minutes_days: 7, audit_days: 400 }')
  assert.deepEqual(retention, { usageMinutesDays: 7, responsesDays: 30, auditDays: 400 })
  assert.deepEqual(readConfig({}).retention, { usageMinutesDays: 30, responsesDays: 30, auditDays: null })
  for (const text of [
    '{ usage_minutes_days: 0 }',
    '{ audit_days: 0 }',
    '{ responses_days: 1.5 }',
    '{ hours: 1 }',
    '30',
  ]) {
    await assert.rejects(read(`retention: ${text}`), ConfigError, text)
  }
})

test('a model searches where the file says so, and where its name is one of the original that do', async () => {
  const config = await read(
    'models: { m1: { searches: true }, m2: {}, gpt-5-search-api: {}, x-search-api: { searches: false } }',
  )
  assert.deepEqual(
    [...config.models.values()].map(({ searches }) => searches),
    [true, false, true, false],
  )
  await assert.rejects(read('models: { m1: { searches: maybe } }'), /models.m1.searches/)
})

test('whether streams are asked for their usage is said of each upstream, or of the only one in the environment', async () => {
  const env = { GATEHOUSE_UPSTREAM_ASKS_FOR_USAGE: 'never' }
  const url = { GATEHOUSE_UPSTREAM_URL: 'http://h/v1' }
  const asked = async (text: string, more: Record<string, string>, name: string) =>
    (await read(text, more)).upstreams.get(name)?.asksForUsage
  assert.equal(await asked('{}', url, 'default'), 'auto')
  assert.equal(await asked('{}', { ...url, ...env }, 'default'), 'never')
  const one = "upstreams: { a: { url: 'http://a/v1', asks_for_usage: always } }"
  assert.deepEqual([await asked(one, {}, 'a'), await asked(one, env, 'a')], ['always', 'never'])
  const two = "upstreams: { a: { url: 'http://a/v1' }, b: { url: 'http://b/v1' } }"
  for (const text of [two, '{}'])
    await assert.rejects(read(text, env), /GATEHOUSE_UPSTREAM_ASKS_FOR_USAGE: (the|there)/)
  await assert.rejects(read(one.replace('always', 'maybe')), /upstreams.a.asks_for_usage/)
})

test('what an upstream keeps for projects is said of each, or of the only one in the environment, and nothing is by default', async () => {
  const env = { GATEHOUSE_UPSTREAM_OFFERS: 'files, uploads' }
  const url = { GATEHOUSE_UPSTREAM_URL: 'http://h/v1' }
  const offered = async (text: string, more: Record<string, string>, name: string) =>
    (await read(text, more)).upstreams.get(name)?.offers
  assert.deepEqual(await offered('{}', url, 'default'), [])
  assert.deepEqual(await offered('{}', { ...url, ...env }, 'default'), ['files', 'uploads'])
  const one = "upstreams: { a: { url: 'http://a/v1', offers: [files] } }"
  assert.deepEqual([await offered(one, {}, 'a'), await offered(one, env, 'a')], [['files'], ['files', 'uploads']])
  assert.deepEqual(await offered(one.replace('files', ''), {}, 'a'), [])
  const two = "upstreams: { a: { url: 'http://a/v1' }, b: { url: 'http://b/v1' } }"
  for (const text of [two, '{}']) await assert.rejects(read(text, env), /GATEHOUSE_UPSTREAM_OFFERS: (the|there)/)
  for (const text of ['files', '{ files: true }', '[1]', 'null'])
    await assert.rejects(read(one.replace('[files]', text)), /upstreams.a.offers/, text)
  for (const [words, why] of [
    ['files,threads', new RegExp(`'threads' is none of ${offers.join(', ')}$`, 'm')],
    ['Files', new RegExp(`'Files' is none of ${offers.join(', ')}$`, 'm')],
    ['files,uploads,files', /'files' stands there twice$/m],
    ['uploads', /'uploads' needs 'files', which is not there$/m],
    ['batches', /'batches' needs 'files', which is not there$/m],
    ['x,uploads,uploads', /'x' is none of [a-z_, ]+; 'uploads' stands there twice; 'uploads' needs 'files'/],
  ] as const) {
    const told = (where: string) => new RegExp(`${where}: .*${why.source}`, 'm')
    await assert.rejects(read(one.replace('files', words)), told('upstreams.a.offers'), words)
    await assert.rejects(read('{}', { ...url, GATEHOUSE_UPSTREAM_OFFERS: words }), told('GATEHOUSE_UPSTREAM_OFFERS'))
  }
  await assert.rejects(read('{}', { ...url, GATEHOUSE_UPSTREAM_OFFERS: 'files,' }), /OFFERS: '' is none of files/)
})

test('how long a stop waits for calls is said in seconds, up to a day, and is ten where nothing is said', async () => {
  const ms = async (text: string) => (await read(text)).drainMs
  assert.deepEqual([await ms('{}'), await ms('drain_seconds: 0'), await ms('drain_seconds: 0.5')], [10_000, 0, 500])
  for (const wrong of ['-1', '86401', "'1'"])
    await assert.rejects(ms(`drain_seconds: ${wrong}`), /drain_seconds must be/)
})

test('how long known keys are served is said in seconds: what is promised of a revocation at least, which is where nothing is said', async () => {
  const ms = async (text: string) => (await read(text)).serveKnownKeysMs
  const said = [await ms('{}'), await ms('serve_known_keys_seconds: 5'), await ms('serve_known_keys_seconds: 3600')]
  assert.deepEqual(said, [5000, 5000, 3_600_000])
  for (const wrong of ['0', '4.9', '86401', "'60'"])
    await assert.rejects(ms(`serve_known_keys_seconds: ${wrong}`), /serve_known_keys_seconds must be/)
})

test('how long a stream may be silent is said in seconds, in the file or in the environment, which goes before it', async () => {
  const ms = async (text: string, env: Record<string, string> = {}) => (await read(text, env)).streamKeepaliveMs
  const env = (value: string) => ({ GATEHOUSE_STREAM_KEEPALIVE_SECONDS: value })
  assert.deepEqual([await ms('{}'), await ms('stream_keepalive_seconds: 15')], [0, 15_000])
  assert.deepEqual([await ms('{}', env('0.5')), await ms('stream_keepalive_seconds: 15', env('0'))], [500, 0])
  for (const wrong of ['-1', '3601', '1e2', 'off', '.5'])
    await assert.rejects(ms('{}', env(wrong)), /GATEHOUSE_STREAM_KEEPALIVE_SECONDS: .* is not a number of seconds/)
  for (const wrong of ['-1', '3601', "'1'"])
    await assert.rejects(ms(`stream_keepalive_seconds: ${wrong}`), /stream_keepalive_seconds must be/)
})

test('a model whose batches the gate runs has it keep files, where nobody says where', async () => {
  const config = await read('models: { m1: { batches: gatehouse }, m2: {} }')
  assert.deepEqual(
    [...config.models.values()].map(({ gateRunsBatches }) => gateRunsBatches),
    [true, false],
  )
  assert.deepEqual(config.files, { folder: join(process.cwd(), 'data/files') })
  const named = await read('models: { m1: { batches: gatehouse } }', { GATEHOUSE_FILES: '/x/y' })
  assert.deepEqual(named.files, { folder: '/x/y' })
  assert.equal((await read('models: { m1: {} }')).files, null)
  await assert.rejects(read('models: { m1: { batches: upstream } }'), ConfigError)
})
