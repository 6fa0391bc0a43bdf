import { Bounded } from './bounded.ts'
import { bare, fold } from './field-name.ts'

/** What a field could do that nobody may ask for, as a refusal says it. */
export type Denial =
  | 'choose another model'
  | 'choose another host'
  | 'choose another account'
  | 'make the answer longer'
  | 'reach what others have stored'
  | 'take from the calls of others'
  | 'bring what cannot be counted'

/**
 * Fields of other model servers and gateways (vLLM, SGLang, llama.cpp, Ollama, TGI, LiteLLM, OpenRouter, Azure, Dify, Open
 * WebUI) that go around what is judged, limited and priced here. Letters' case and what stands between words do not matter.
 */
const names: Record<Denial, readonly string[]> = {
  'choose another model': [
    ...['models', 'model_name', 'model_id', 'model_list', 'model_group', 'model_alias', 'model_path', 'model_file'],
    ...['model_version', 'model_type', 'base_model', 'draft_model', 'target_model', 'speculative_model', 'engine'],
    ...[
      'engine_id',
      'route',
      'router',
      'routing',
      'routing_strategy',
      'provider',
      'providers',
      'provider_id',
      'preset',
    ],
    ...['custom_llm_provider', 'agent', 'agent_id', 'assistant', 'assistant_id', 'bot_id', 'llm', 'checkpoint'],
    // A prompt that is kept elsewhere may bring a model of its own.
    ...['prompt_id', 'prompt_label', 'prompt_version', 'prompt_variables'],
  ],
  'choose another host': [
    // The last ones name a worker of the model server.
    ...['data_sources', 'data_source', 'server', 'base_path', 'region', 'region_name', 'location', 'inference_geo'],
    ...['data_parallel_rank', 'routed_dp_rank', 'disagg_prefill_dp_rank'],
  ],
  'choose another account': [
    ...[
      'user_config',
      'organization',
      'organization_id',
      'org',
      'org_id',
      'project',
      'project_id',
      'team_id',
      'account',
    ],
    ...['account_id', 'tenant', 'tenant_id', 'workspace', 'workspace_id', 'auth', 'authorization', 'bearer', 'token'],
    ...[
      'headers',
      'http_headers',
      'extra_headers',
      'default_headers',
      'extra_query',
      'extra_body',
      'guardrails',
      'no_log',
    ],
    ...['billing_policy', 'user_profile_id'],
    ...['disable_global_guardrail', 'disable_global_guardrails', 'api_version', 'api_type', 'proxy_server_request'],
  ],
  'make the answer longer': [
    ...['max_gen_toks', 'max_tokens_to_sample', 'max_tokens_second', 'tokens_to_generate', 'tokens_to_sample'],
    ...['max_generation', 'candidate_count', 'best_of_n', 'num_return_sequences', 'num_generations', 'num_completions'],
    ...['num_outputs', 'num_samples', 'n_samples', 'num_choices', 'n_cmpl', 'num_candidates', 'ignore_eos'],
    // Pictures for one request, as servers of images and SiliconFlow, Ark and Google call them.
    ...['num_images', 'n_images', 'number_of_images', 'image_num', 'image_number', 'image_count', 'max_images'],
    ...['num_images_per_prompt', 'images_per_prompt', 'num_outputs_per_prompt', 'batch_size', 'batch_count', 'n_iter'],
    ...['sample_count', 'samples', 'sequential_image_generation'],
    ...['ignore_eos_token', 'ban_eos_token', 'eos_token_id', 'use_beam_search', 'num_retries', 'max_retries'],
  ],
  'reach what others have stored': [
    ...[
      'kv_transfer_params',
      'ec_transfer_params',
      'request_id',
      'rid',
      'cached_content',
      'cache',
      'caching',
      'id_slot',
    ],
    ...['slot_id', 'session_params', 'session', 'file_id', 'file_ids', 'files', 'conversation_id', 'thread_id'],
    ...['input_file_id', 'input_file_ids', 'attachments', 'vector_store_id', 'vector_store_ids', 'container_id'],
    ...['previous_response_id', 'response_id', 'previous_interaction_id'],
    ...['thread', 'chat_id', 'parent_message_id', 'memory_id', 'knowledge_base', 'knowledge_base_id', 'knowledge_ids'],
    ...['knowledge_base_ids', 'collection', 'collections', 'collection_name', 'tool_ids', 'filter_ids', 'store_name'],
  ],
  'take from the calls of others': ['priority'],
  'bring what cannot be counted': [
    // Input that no estimate sees or that is filled up to the longest, programs that the model server would run, tools by
    // another name, and what else an API takes by a header.
    ...['padding', 'features', 'background_tasks', 'tool_servers', 'anthropic_beta', 'betas'],
    ...['prompt_embeds', 'input_embeds', 'inputs_embeds', 'chat_template', 'template', 'custom_logit_processor'],
    ...['logits_processors', 'logits_processor'],
  ],
}

/** Words that say it wherever they stand in a name. */
const words: Record<string, Denial> = {
  ...all('choose another model', ['fallback', 'fallbacks', 'deployment', 'deployments', 'lora', 'loras', 'adapter']),
  ...all('choose another model', ['adapters', 'litellm', 'mock']),
  ...all('choose another host', ['endpoint', 'endpoints', 'host', 'hosts', 'hostname', 'url', 'urls', 'uri', 'proxy']),
  ...all('choose another host', ['proxies', 'callback', 'callbacks', 'webhook', 'webhooks', 'bootstrap']),
  ...all('choose another account', ['aws', 'azure', 'vertex', 'bedrock', 'sagemaker', 'watsonx', 'credential', 'cost']),
  ...all('choose another account', ['credentials', 'secret', 'password', 'apikey']),
  ...all('make the answer longer', ['beam', 'beams']),
}

function all(denial: Denial, list: readonly string[]): Record<string, Denial> {
  return Object.fromEntries(list.map((word) => [word, denial]))
}

/** The same where a name is written without anything between its words. */
const within: readonly [RegExp, Denial][] = [
  [/fallback|^litellm|^mock|^lora|deployment|^adapter/, 'choose another model'],
  [/apibase|apihost|apiurl|baseurl|baseuri|endpoint|^bootstrap|callback|webhook/, 'choose another host'],
  [
    /^aws|^azure|^vertex|^bedrock|^sagemaker|^watsonx|apikey|accesskey|accesstoken|credential/,
    'choose another account',
  ],
  [/costper/, 'choose another account'],
  // `max_new_tokens`, `n_predict`, `max_length` and their like, however they are written.
  [/^(auto)?(max|maximum|min|minimum|num|n)[a-z]*(tokens?|toks?|predict|len|length)$/, 'make the answer longer'],
]

const byName: ReadonlyMap<string, Denial> = new Map(
  (Object.keys(names) as Denial[]).flatMap((denial) => names[denial].map((name) => [bare(name), denial] as const)),
)

/** A name is looked at once: most are the same few. Longer ones than this are no field of any server. */
const LONGEST = 128
const looked = new Bounded<string, Denial | null>(2000)

/**
 * What a field could do by its name alone; null where it is not known to do anything of that sort.
 * @param name as a client writes it, in any letter case
 */
export function deniedField(name: string): Denial | null {
  if (name.length > LONGEST) return null
  const before = looked.get(name)
  if (before !== undefined) return before
  const denial = lookAt(name)
  looked.set(name, denial)
  return denial
}

/** What such a field asks for when it is left out. A number as text is none: servers differ in what they make of one. */
const asLeftOut: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['ignoreeos', false],
  ['usebeamsearch', false],
  ['idslot', -1],
  ['priority', 0],
  ['mintokens', 0],
  ['padding', 'do_not_pad'],
  ...['numimages', 'nimages', 'imagecount', 'numimagesperprompt', 'batchsize', 'batchcount', 'samplecount'].map(
    (one): [string, unknown] => [one, 1],
  ),
  ['sequentialimagegeneration', 'disabled'],
])

/** The same of a field with its value, which may say that nothing of the sort is asked for. */
export function deniedBy(name: string, value: unknown): Denial | null {
  const denial = deniedField(name)
  return denial !== null && value !== undefined && asLeftOut.get(bare(name)) === value ? null : denial
}

/** Words of every day. At the top a server has a field of that name; within a field of another's making they are its own. */
const everyday: ReadonlySet<string> = new Set([
  ...['agent', 'assistant', 'checkpoint', 'preset', 'route', 'location', 'region', 'organization', 'org', 'project'],
  ...['account', 'tenant', 'workspace', 'token', 'session', 'thread', 'files', 'collection', 'collections', 'cache'],
  ...['caching', 'features', 'padding', 'template'],
])

/** The same of a name that stands within a field of other servers. */
export function deniedWithin(name: string, value: unknown): Denial | null {
  const denial = deniedBy(name, value)
  return denial !== null && everyday.has(bare(name)) ? null : denial
}

function lookAt(name: string): Denial | null {
  const plain = bare(name)
  const known = byName.get(plain)
  if (known !== undefined) return known
  for (const [pattern, denial] of within) if (pattern.test(plain)) return denial
  return byWords(fold(name)) ?? byWords(fold(name.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')))
}

function byWords(name: string): Denial | null {
  for (const word of name.split(/[^a-z0-9]+/)) if (Object.hasOwn(words, word)) return words[word] ?? null
  return null
}
