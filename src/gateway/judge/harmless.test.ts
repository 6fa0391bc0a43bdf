import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judged, judgedForm, upstreamsAre, verdict } from '../../../test/gateway/judging.ts'
import { deniedField } from '../../core/denied-field.ts'
import { dialectOf, type UpstreamKind } from '../../core/upstream-kind.ts'

/*
 * Fields of other servers that choose no model, host or account and make no answer longer, beside those of the same name or
 * form that could. The first pass to a server of which nothing is said, and by its list and `extra_fields` to one of a known
 * kind; the others no setting lets through.
 */

const CHAT = 'chat.completions.create'
const on = (model: string, fields: object) => () => judged(CHAT, { model, ...fields })
const refused = (param: string) => `400 not_offered ${param}`
const schema = { type: 'object', properties: { model: { type: 'string' }, api_base: { type: 'string' } } }
const tool = { type: 'function', function: { name: 'f', parameters: schema } }

/** What passes, and which kinds have it by themselves. */
const harmless: [fields: Record<string, unknown>, kinds: UpstreamKind[]][] = [
  [{ keep_alive: '5m' }, ['ollama']],
  [{ keep_alive: 0 }, ['ollama']],
  [{ session_id: 's' }, []],
  [{ tags: ['a'] }, []],
  [{ reasoning: { max_tokens: 1000 } }, ['ollama']],
  [{ reasoning: { effort: 'high' } }, ['ollama']],
  [{ chat_template_kwargs: { tools: [tool] } }, ['vllm', 'sglang', 'llama.cpp']],
  [{ chat_template_kwargs: { documents: [{ url: 'x', title: 'y' }] } }, ['vllm', 'sglang', 'llama.cpp']],
  [{ vllm_xargs: { a: 1 } }, ['vllm']],
  [{ media_io_kwargs: { video: { num_frames: 4 } } }, ['vllm']],
  [{ max_dynamic_patch: 4 }, ['sglang']],
  [{ images_config: { min_dynamic_patch: 1 } }, ['sglang']],
  [{ custom_params: { a: 1 } }, ['sglang']],
  [{ return_meta_info: true }, ['sglang']],
  [{ task: 'x' }, ['sglang']],
  [{ about: { location: 'Berlin', project: 'x', organization: 'y', token: 1 } }, []],
  [{ settings: { cache: true, caching: false, session: 'x', features: [], template: 't', preset: 'p' } }, []],
  [{ mm_processor_kwargs: { padding: true } }, ['vllm']],
  [{ settings: { region: 'x', route: 'y', agent: 'z', files: 3, thread: 1, account: 'a' } }, []],
  [{ format: schema }, ['ollama']],
]

/** What says that it asks for nothing, and the kinds that have it. */
const idle: [fields: Record<string, unknown>, kinds: UpstreamKind[]][] = [
  [{ priority: 0 }, ['vllm']],
  [{ ignore_eos: false }, ['vllm', 'sglang', 'llama.cpp']],
  [{ use_beam_search: false }, ['vllm']],
  [{ id_slot: -1 }, ['llama.cpp']],
  [{ min_tokens: 0 }, ['vllm', 'sglang']],
  [{ padding: 'do_not_pad' }, ['vllm']],
  [{ min_tokens: 10, max_tokens: 10 }, ['vllm', 'sglang']],
  [{ min_tokens: 10, max_completion_tokens: 20 }, ['vllm', 'sglang']],
]

/** What no kind, no list and no setting lets through. */
const harmful: [fields: object, param: string][] = [
  [{ request_id: 'x' }, 'request_id'],
  [{ priority: 1 }, 'priority'],
  [{ priority: -1 }, 'priority'],
  [{ priority: '0' }, 'priority'],
  [{ options: { priority: 1 } }, 'options.priority'],
  [{ min_tokens: 10 }, 'min_tokens'],
  [{ min_tokens: 11, max_tokens: 10 }, 'min_tokens'],
  [{ min_tokens: 10, max_output_tokens: 20 }, 'min_tokens'],
  [{ Min_Tokens: 10, max_tokens: 20 }, 'Min_Tokens'],
  [{ min_tokens: '10', max_tokens: 20 }, 'min_tokens'],
  [{ options: { min_tokens: 5 }, max_tokens: 10 }, 'options.min_tokens'],
  [{ reasoning: { max_tokens: -1 } }, 'reasoning.max_tokens'],
  [{ reasoning: { max_tokens: '9' } }, 'reasoning.max_tokens'],
  [{ reasoning: { max_new_tokens: 9 } }, 'reasoning.max_new_tokens'],
  [{ thinking: { max_tokens: 9 } }, 'thinking.max_tokens'],
  [{ reasoning: { model: 'm2' } }, 'reasoning.model'],
  [{ chat_template_kwargs: { chat_template: '{{x}}' } }, 'chat_template_kwargs.chat_template'],
  [{ chat_template_kwargs: { model: 'm2' } }, 'chat_template_kwargs.model'],
  [{ vllm_xargs: { kv_transfer_params: {} } }, 'vllm_xargs.kv_transfer_params'],
  [{ custom_params: { api_base: 'h' } }, 'custom_params.api_base'],
  [{ media_io_kwargs: { image: { proxy: 'h' } } }, 'media_io_kwargs.image.proxy'],
  [{ about: { provider: 'x' } }, 'about.provider'],
  [{ about: { models: ['x'] } }, 'about.models'],
  [{ about: { headers: {} } }, 'about.headers'],
  [{ about: { organization_id: 'x' } }, 'about.organization_id'],
  [{ padding: 'max_length' }, 'padding'],
  [{ cache: true }, 'cache'],
  [{ organization: 'x' }, 'organization'],
  // In the place of a text, a number for each token, or a schema.
  [{ user: { model: 'm2' } }, 'user.model'],
  [{ user: { a: [{ MODEL: 'm2' }] } }, 'user.a[0].MODEL'],
  [{ user: { api_base: 'h' } }, 'user.api_base'],
  [{ prompt: { model: 'm2' } }, 'prompt.model'],
  [{ prompt: { id: 'pmpt_1' } }, 'prompt.id'],
  [{ prompt: [{ model: 'm2' }] }, 'prompt[0].model'],
  [{ stop: { model: 'm2' } }, 'stop.model'],
  [{ suffix: { fallbacks: [] } }, 'suffix.fallbacks'],
  [{ instructions: { model: 'm2' } }, 'instructions.model'],
  [{ logit_bias: { model: 'm2' } }, 'logit_bias.model'],
  [{ logit_bias: { a: { model: 'm2' } } }, 'logit_bias.a.model'],
  [{ logit_bias: { api_base: 'h' } }, 'logit_bias.api_base'],
  [{ format: { model: 'm2' } }, 'format.model'],
  [{ format: { Model: { model: 'm2' } } }, 'format.Model'],
  // Tools that a message brings are tools.
  [{ messages: [{ role: 'system', tools: [{ ...tool, api_base: 'h' }] }] }, 'messages[0].tools[0].api_base'],
  [{ messages: [{ role: 'system', tools: [{ type: 'x', a: { file_id: 'f' } }] }] }, 'messages[0].tools[0].a.file_id'],
]

const kinds: UpstreamKind[] = ['openai', 'vllm', 'ollama', 'llama.cpp', 'sglang']

test('what chooses nothing passes to a server of which nothing is said, and to a kind that has it', () => {
  for (const [fields, having] of [...harmless, ...idle]) {
    assert.deepEqual(judged(CHAT, fields).edited, [], JSON.stringify(fields))
    const [name = ''] = Object.keys(fields)
    for (const kind of kinds) {
      using _ = upstreamsAre({ a: dialectOf(kind) })
      if (having.includes(kind)) assert.ok(on('on-a', fields)(), `${kind} ${name}`)
      // A least length is bounded by no maximum that the server does not obey.
      else assert.match(verdict(on('on-a', fields)), new RegExp(`^400 (unknown_parameter|not_offered) ${name}$`), kind)
    }
  }
})

test('`extra_fields` lets it through to any kind, and `unknown_fields` leaves it out', () => {
  for (const [fields] of harmless) {
    const [name = ''] = Object.keys(fields)
    assert.equal(deniedField(name), null, 'the configuration takes it')
    using _ = upstreamsAre({ a: dialectOf('openai', [name]), b: dialectOf('openai', [], 'drop') })
    assert.deepEqual(on('on-a', fields)().edited, [], name)
    assert.deepEqual(on('on-b', fields)().edited, [name], name)
  }
})

test('what could choose a model, a host, an account or a longer answer no setting lets through', () => {
  for (const [fields, param] of harmful) {
    assert.equal(verdict(on('m1', fields)), refused(param), JSON.stringify(fields))
    for (const kind of kinds) {
      // The configuration refuses denied names; were one in there, it would lift nothing.
      using _ = upstreamsAre({ a: dialectOf(kind, Object.keys(fields)), b: dialectOf(kind, [], 'drop') })
      for (const model of ['on-a', 'on-b']) {
        const said = verdict(on(model, fields))
        assert.ok([refused(param), `400 unknown_parameter ${Object.keys(fields)[0]}`].includes(said), `${kind} ${said}`)
      }
      if (!('Min_Tokens' in fields)) assert.equal(verdict(on('on-a', fields)), refused(param), kind)
    }
  }
})

test('a maximum that a server does not obey bounds no least length', () => {
  using _ = upstreamsAre({ a: dialectOf('ollama', ['min_tokens']) })
  assert.equal(verdict(on('on-a', { min_tokens: 5, max_completion_tokens: 10 })), refused('min_tokens'))
})

test('words of every day are let through within fields of other servers only, in forms too', () => {
  const form = (fields: Record<string, string>) => () => judgedForm('audio.transcriptions.create', fields)
  assert.ok(form({ 'about[location]': 'x', 'about.cache': '1' })())
  assert.ok(form({ about: '{"location": "x"}' })())
  for (const name of ['location', 'about[models]', 'about.api_base', 'chunking_strategy[provider]', 'about[priority]'])
    assert.equal(verdict(form({ [name]: 'x' })), refused(name))
  assert.equal(verdict(on('m1', { web_search_options: { preset: 'x' } })), refused('web_search_options.preset'))
})

test('biases of tokens that are called like fields are biases, and what a template is given counts like tools', () => {
  assert.ok(judged(CHAT, { logit_bias: { model: -1, api_base: 5, 50256: -100, models: false } }))
  assert.ok(judged('completions.create', { prompt: [[1, 2, 3], [4]] }))
  const bytes = JSON.stringify([tool]).length
  const plain = judged(CHAT, {}).worst.boundTokens
  const tools = judged(CHAT, { chat_template_kwargs: { tools: [tool] } }).worst
  assert.ok(tools.boundTokens - plain > bytes * 2, 'it is written anew')
  const deep: unknown = JSON.parse(`${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`)
  for (const name of ['chat_template_kwargs', 'documents'])
    assert.equal(verdict(on('m1', { [name]: { tools: deep } })), `400 invalid_value ${name}`)
})
