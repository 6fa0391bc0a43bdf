import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Denial, deniedField } from './denied-field.ts'
import { dialectOf, upstreamKinds } from './upstream-kind.ts'

/** Fields of other servers and gateways, by what they could do. */
const denied: Record<Denial, string[]> = {
  'choose another model': [
    ...['models', 'fallbacks', 'context_window_fallbacks', 'content_policy_fallbacks', 'model_list', 'preset', 'lora'],
    ...['lora_path', 'lora_request', 'adapter_id', 'model_name', 'engine', 'deployment', 'deployment_id', 'provider'],
    ...['specific_deployment', 'route', 'custom_llm_provider', 'litellm_params', 'mock_response', 'agent_id'],
    ...['mock_testing_fallbacks', 'assistant_id', 'prompt_id', 'default_fallbacks', 'azure_deployment'],
  ],
  'choose another host': [
    ...['api_base', 'base_url', 'endpoint', 'url', 'proxy', 'bootstrap_host', 'bootstrap_port', 'bootstrap_room'],
    ...['data_sources', 'api_host', 'webhook_url', 'callback_url', 'aws_bedrock_runtime_endpoint', 'audio_url'],
    ...['data_parallel_rank'],
  ],
  'choose another account': [
    ...['user_config', 'api_key', 'organization', 'extra_body', 'aws_region_name', 'vertex_project', 'azure_ad_token'],
    ...['vertex_credentials', 'api_version', 'proxy_server_request', 'input_cost_per_token', 'output_cost_per_token'],
    ...['no-log', 'extra_headers', 'headers', 'guardrails', 'openai_api_key', 'tenant_id', 'aws_access_key_id'],
  ],
  'make the answer longer': [
    ...['n_predict', 'num_predict', 'max_new_tokens', 'min_tokens', 'ignore_eos', 'use_beam_search', 'beam_width'],
    ...['num_beams', 'best_of_n', 'num_return_sequences', 'num_generations', 'max_length', 'max_tokens_to_sample'],
    ...['max_gen_len', 'maxOutputTokens', 'min_new_tokens', 'auto_max_new_tokens', 'candidate_count', 'n_cmpl'],
    ...['num_retries', 'max_completion_length', 'num_images', 'numberOfImages', 'batch_size', 'sampleCount', 'n_iter'],
    ...['max_images', 'sequential_image_generation', 'num_images_per_prompt', 'image_num', 'samples'],
  ],
  'reach what others have stored': [
    ...['kv_transfer_params', 'request_id', 'rid', 'id_slot', 'cached_content', 'file_ids', 'cache', 'caching'],
    ...['session_params', 'thread_id', 'conversation_id', 'chat_id', 'parent_message_id', 'collection'],
    ...['knowledge_base_ids', 'files', 'tool_ids', 'filter_ids'],
  ],
  'take from the calls of others': ['priority'],
  'bring what cannot be counted': [
    'prompt_embeds',
    'padding',
    'chat_template',
    'custom_logit_processor',
    'logits_processors',
  ],
}

const camel = (name: string) => name.replace(/[_-]([a-z])/g, (_, letter: string) => letter.toUpperCase())
const writings: [string, (name: string) => string][] = [
  ['as it is', (name) => name],
  ['with a capital', (name) => name.replace(/[a-z]/, (letter) => letter.toUpperCase())],
  ['in capitals', (name) => name.toUpperCase()],
  ['in one word', camel],
  ['in one word with a capital', (name) => camel(`_${name}`)],
  ['with other strokes', (name) => name.replaceAll('_', '-')],
  ['with letters that fold', (name) => name.replace('s', '\u017f').replace('k', '\u212a')],
]

test('what chooses a model, a host, an account or a longer answer is known by its name, however it is written', () => {
  for (const denial of Object.keys(denied) as Denial[])
    for (const name of denied[denial])
      for (const [how, write] of writings) {
        const found = deniedField(write(name))
        assert.ok(found !== null, `${name} ${how}: ${write(name)}`)
        if (how === 'as it is') {
          // Where a name says two things, either will do.
          if (!/azure_deployment|bedrock_runtime|proxy_server|webhook_url/.test(name)) assert.equal(found, denial, name)
        }
      }
})

test('no kind of model server takes what is denied, and its own maxima are all denied elsewhere', () => {
  for (const kind of upstreamKinds) {
    const { extras, maxima } = dialectOf(kind)
    assert.deepEqual([...extras].filter(deniedField), [], kind)
    assert.deepEqual(
      maxima.filter((name) => deniedField(name) === null),
      [],
      kind,
    )
  }
})

test('other names say nothing', () => {
  const plain = [
    'top_k',
    'min_p',
    'repetition_penalty',
    'chat_template_kwargs',
    'enable_thinking',
    'thinking',
    'options',
  ]
  const more = [
    'exploration',
    'timeout',
    'nothing',
    'constructor',
    '__proto__',
    'toString',
    '',
    'documents',
    'transforms',
    'keep_alive',
    'session_id',
    'tags',
  ]
  for (const name of [...plain, ...more]) assert.equal(deniedField(name), null, name)
})
