import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judged, judgedForm, refusalOf, upstreamsAre, verdict } from '../../../test/gateway/judging.ts'
import { dialectOf, type UpstreamKind } from '../../core/upstream-kind.ts'
import type { RouteName } from '../routes/table.ts'

const CHAT = 'chat.completions.create'
const refused = (param: string) => `400 not_offered ${param}`
const cases = (name: string) => [name, name.replace(/[a-z]/, (one) => one.toUpperCase()), name.toUpperCase()]
const one = [
  'api_base',
  'models',
  'user_config',
  'n_predict',
  'kv_transfer_params',
  'priority',
  'prompt_embeds',
] as const

test('what could choose a model, a host, an account or a longer answer is refused in every body, and the message says why', () => {
  const json: RouteName[] = [CHAT, 'completions.create', 'embeddings.create', 'moderations.create', 'images.generate']
  for (const route of [...json, 'responses.create', 'responses.compact', 'responses.inputTokens.count'] as const)
    for (const name of one.flatMap(cases))
      assert.equal(
        verdict(() => judged(route, { [name]: 'x' })),
        refused(name),
        route,
      )
  const forms = ['images.edit', 'images.createVariation', 'audio.transcriptions.create', 'audio.translations.create']
  for (const route of forms as RouteName[])
    for (const name of one.flatMap(cases))
      for (const written of [name, `${name}[]`, `${name}[x]`, `options[${name}]`, `options.${name}`])
        assert.equal(
          verdict(() => judgedForm(route, { [written]: 'x' })),
          refused(written),
          route,
        )
  const { message } = refusalOf(() => judged(CHAT, { Api_Base: 'http://10.0.0.1' }))
  assert.equal(
    message,
    "The parameter 'Api_Base' is not offered by this server: it could choose another host, whatever the model server's `kind` and `extra_fields` say.",
  )
  assert.ok(judged(CHAT, { api_base: null, models: null }))
})

test('so it is where it nests', () => {
  const nested: [object, string][] = [
    [{ options: { num_predict: 9 } }, 'options.num_predict'],
    [{ options: { Num_Predict: 9 } }, 'options.Num_Predict'],
    [{ parameters: { max_new_tokens: 9 } }, 'parameters.max_new_tokens'],
    [{ generation_config: { maxOutputTokens: 9 } }, 'generation_config.maxOutputTokens'],
    [{ sampling_params: { deep: [{ er: { api_base: 'x' } }] } }, 'sampling_params.deep[0].er.api_base'],
    [{ options: { model: 'm2' } }, 'options.model'],
    [{ options: { MODEL: 'm2' } }, 'options.MODEL'],
    [{ options: { n: 50 } }, 'options.n'],
    [{ options: { max_tokens: 50 } }, 'options.max_tokens'],
    [{ attachments: [{ file_id: 'file-1' }] }, 'attachments'],
    [{ extras: [{ file_id: 'file-1' }] }, 'extras[0].file_id'],
    [{ reasoning_options: { Fallbacks: ['m2'] } }, 'reasoning_options.Fallbacks'],
    [{ stream_options: { include_usage: true, api_base: 'x' } }, 'stream_options.api_base'],
    [{ web_search_options: { engine: 'x' } }, 'web_search_options.engine'],
    [{ audio: { voice: 'a', model: 'm2' } }, 'audio.model'],
    [{ tools: [{ type: 'function', function: { name: 'f' }, api_key: 'k' }] }, 'tools[0].api_key'],
    [{ tools: [{ type: 'x', parameters: { api_base: 'h' } }] }, 'tools[0].parameters.api_base'],
    [{ tools: [{ type: 'x', schema: [{ file_id: 'file-1' }] }] }, 'tools[0].schema[0].file_id'],
    [{ svg: { metadata: { api_base: 'h' } } }, 'svg.metadata.api_base'],
    [{ response_format: { type: 'json_object', provider: 'x' } }, 'response_format.provider'],
  ]
  for (const [fields, param] of nested)
    assert.equal(
      verdict(() => judged(CHAT, fields)),
      refused(param),
    )
  assert.equal(
    verdict(() => judgedForm('audio.transcriptions.create', { options: '{"num_predict": 9}' })),
    refused('options.num_predict'),
  )
  assert.equal(
    verdict(() => judgedForm('audio.transcriptions.create', { chunking_strategy: ' {"type": "x", "api_base": "h"}' })),
    refused('chunking_strategy.api_base'),
  )
  assert.equal(
    verdict(() => judgedForm('images.edit', { svg: '{"model": "m2"}' })),
    refused('svg.model'),
  )
  assert.equal(
    verdict(() => judgedForm('images.edit', { options: '{"api_base": "h", "api_base": null}' })),
    '400 duplicate_parameter null',
  )
  assert.equal(
    verdict(() => judgedForm('images.edit', { options: `["${'x'.repeat(70_000)}"]` })),
    '400 invalid_value options',
  )
  assert.ok(judgedForm('images.edit', { prompt: '{"api_base": "h"}', quality: '{not JSON' }))
  assert.equal(
    verdict(() => judgedForm('images.edit', { 'svg[api_base]': 'h' })),
    refused('svg[api_base]'),
  )
})

test('a field whose value says no asks for nothing', () => {
  const cases: [string, unknown, unknown][] = [
    ['ignore_eos', false, true],
    ['use_beam_search', false, 'false'],
    ['id_slot', -1, 0],
    ['priority', 0, 1],
    ['min_tokens', 0, 5],
    ['num_images', 1, 4],
    ['batch_size', 1, '1'],
    ['sequential_image_generation', 'disabled', 'auto'],
  ]
  for (const [name, no, yes] of cases)
    for (const [within, param] of [
      [(value: unknown) => ({ [name]: value }), name],
      [(value: unknown) => ({ options: { [name]: value } }), `options.${name}`],
    ] as const) {
      assert.ok(judged(CHAT, within(no)), param)
      assert.equal(
        verdict(() => judged(CHAT, within(yes))),
        refused(param),
      )
    }
  for (const value of [false, '0', 1, -1])
    assert.equal(
      verdict(() => judged(CHAT, { priority: value })),
      refused('priority'),
    )
})

test('metadata, schemas, arguments and what the model is told are never searched', () => {
  const taken = { api_base: 'x', models: ['x'], model: 'x', n_predict: 5, fallbacks: { url: 'https://x' } }
  const schema = { type: 'object', properties: taken, ...taken }
  const fine: [RouteName, object][] = [
    [CHAT, { metadata: taken }],
    ['embeddings.create', { metadata: taken }],
    [CHAT, { tools: [{ type: 'function', function: { name: 'f', parameters: schema } }] }],
    [CHAT, { functions: [{ name: 'f', parameters: schema }] }],
    ['responses.create', { functions: [{ name: 'f', parameters: schema }] }],
    [CHAT, { response_format: { type: 'json_schema', json_schema: { name: 's', schema } } }],
    ['responses.create', { text: { format: { type: 'json_schema', name: 's', schema } } }],
    [
      CHAT,
      {
        guided_json: schema,
        structured_outputs: { json: schema },
        json_schema: schema,
        format: { type: 'object', properties: taken },
      },
    ],
    [CHAT, { messages: [{ role: 'user', content: 'x', ...taken }] }],
    [CHAT, { messages: [{ role: 'assistant', tool_calls: [{ function: { name: 'f', arguments: taken } }] }] }],
    ['responses.create', { input: [{ type: 'mcp_call', arguments: taken }] }],
    ['responses.create', { tools: [{ type: 'mcp', server_url: 'https://h', authorization: 'x', headers: taken }] }],
    [CHAT, { web_search_options: { user_location: { type: 'approximate', approximate: { region: 'x' } } } }],
    [
      CHAT,
      { logit_bias: { 50256: -100 }, documents: [{ url: 'x' }], chat_template_kwargs: { enable_thinking: false } },
    ],
  ]
  for (const [route, fields] of fine) assert.ok(judged(route, fields), JSON.stringify(fields))
})

test('all else passes to a model server of which nothing is said, and is unknown to one of a known kind', () => {
  assert.equal(judged(CHAT, { top_k: 5, of_nobody: { a: [1] } }).sent.top_k, 5)
  using _ = upstreamsAre({ a: dialectOf('vllm', ['of_us']), b: dialectOf('openai') })
  const on = (model: string, fields: object) => () => judged(CHAT, { model, ...fields })
  assert.deepEqual(on('on-a', { top_k: 5, of_us: 1, seed: 3 })().edited, [])
  assert.equal(verdict(on('on-a', { of_nobody: 1 })), '400 unknown_parameter of_nobody')
  assert.equal(verdict(on('on-a', { Top_K: 1 })), '400 unknown_parameter Top_K')
  assert.equal(verdict(on('on-a', { priority: 1 })), refused('priority'))
  assert.equal(verdict(on('on-b', { top_k: 5 })), '400 unknown_parameter top_k')
  // Whichever of them gets the call must know it.
  assert.equal(verdict(on('on-both', { top_k: 5 })), '400 unknown_parameter top_k')
  const { message } = refusalOf(on('on-b', { top_k: 5 }))
  assert.equal(
    message,
    "Unknown parameter: 'top_k'. A model server of the kind 'openai' is not known to have it; its `extra_fields` can name it.",
  )
  const form = () => judgedForm('audio.transcriptions.create', { model: 'on-a', language: 'en', of_nobody: '1' })
  assert.equal(verdict(form), '400 unknown_parameter of_nobody')
})

test('what is unknown is left out where the operator says so, and what could do harm is refused all the same', () => {
  using _ = upstreamsAre({ a: dialectOf('openai', [], 'drop'), b: dialectOf('vllm', [], 'refuse') })
  const { sent, edited } = judged(CHAT, { model: 'on-a', top_k: 5, top_p: 1 })
  assert.deepEqual([sent.top_k, sent.top_p, edited], [undefined, 1, ['top_k']])
  assert.equal(
    verdict(() => judged(CHAT, { model: 'on-a', api_base: 'x' })),
    refused('api_base'),
  )
  assert.deepEqual(judged(CHAT, { model: 'on-both', top_k: 5 }).edited, ['top_k'])
  assert.equal(
    verdict(() => judged(CHAT, { model: 'on-both', of_nobody: 5 })),
    '400 unknown_parameter of_nobody',
  )
  const form = judgedForm('images.edit', { model: 'on-a', prompt: 'x', of_nobody: '1' })
  assert.deepEqual([form.sent.prompt, 'of_nobody' in form.sent], ['x', false])
})

test("a kind's own maximum is read as one, where all that may get the call have it", () => {
  using _ = upstreamsAre({ a: dialectOf('llama.cpp'), b: dialectOf('ollama') })
  const on = (model: string, fields: object) => judged(CHAT, { model, ...fields }).worst.outputTokens
  assert.equal(on('on-a', { n_predict: 70 }), 70)
  assert.equal(on('on-a', { n_predict: 70, max_tokens: 90 }), 90)
  assert.equal(on('on-a', { n_predict: 90, max_tokens: 70 }), 90)
  assert.equal(
    verdict(() => on('on-b', { num_predict: 70 })),
    refused('num_predict'),
  )
  assert.equal(
    verdict(() => on('on-a', { n_predict: -1 })),
    '400 integer_below_min_value n_predict',
  )
  for (const [model, name] of [
    ['on-both', 'n_predict'],
    ['on-b', 'n_predict'],
    ['on-a', 'N_Predict'],
    ['m1', 'n_predict'],
  ] as const)
    assert.equal(
      verdict(() => on(model, { [name]: 70 })),
      refused(name),
    )
  assert.equal(
    verdict(() => judged('embeddings.create', { model: 'on-a', n_predict: 70 })),
    refused('n_predict'),
  )
})

test('an answer is bounded only by a name that all the model servers which may get the call obey', () => {
  const cap = (a: UpstreamKind, b: UpstreamKind, fields: object) => {
    using _ = upstreamsAre({ a: dialectOf(a), b: dialectOf(b) })
    return judged(CHAT, { model: 'on-both', ...fields }).caps.outputTokens
  }
  const newer = { max_completion_tokens: 10 }
  const older = { max_tokens: 10 }
  const cases: [UpstreamKind, UpstreamKind, object, number | null][] = [
    ['openai', 'openai', newer, 10],
    ['vllm', 'sglang', newer, 10],
    ['openai', 'ollama', newer, null],
    ['openai', 'other', newer, 10],
    ['ollama', 'other', newer, null],
    ['llama.cpp', 'llama.cpp', newer, null],
    ['llama.cpp', 'llama.cpp', { n_predict: 10 }, 10],
    ['ollama', 'other', older, 10],
    ['ollama', 'other', { ...older, max_completion_tokens: 90 }, 90],
    ['openai', 'openai', { max_completion_tokens: 0 }, null],
  ]
  for (const [a, b, fields, most] of cases) assert.equal(cap(a, b, fields), most, `${a} ${b} ${JSON.stringify(fields)}`)
})

test('a body with more names than anybody looks at, or as deep as it is long, is refused', () => {
  const many = Object.fromEntries(Array.from({ length: 5001 }, (_, i) => [`x${i}`, i]))
  assert.match(
    verdict(() => judged(CHAT, many)),
    /^400 invalid_value x/,
  )
  assert.equal(
    verdict(() => judged(CHAT, { options: many })),
    '400 invalid_value options',
  )
  const deep: unknown = JSON.parse(`${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`)
  assert.equal(
    verdict(() => judged(CHAT, { options: deep })),
    '400 invalid_value options',
  )
})
