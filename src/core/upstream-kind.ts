/** What a model server is, as its operator says it. `other`: nobody knows what it takes. */
export const upstreamKinds = ['openai', 'vllm', 'ollama', 'llama.cpp', 'sglang', 'other'] as const
export type UpstreamKind = (typeof upstreamKinds)[number]

/** What becomes of a field that neither the original nor the model server is known to have. */
export type UnknownFields = 'pass' | 'refuse' | 'drop'

/**
 * Whether streams are asked for their usage where their client does not ask. `auto`: until the model server refuses it.
 */
export const usageAsking = ['auto', 'always', 'never'] as const
export type UsageAsking = (typeof usageAsking)[number]

/** Fields that a model server takes besides the original's. */
export type Dialect = {
  kind: UpstreamKind
  extras: ReadonlySet<string>
  /** Fields of its own that nobody may ask anything with, but that may say that they ask for nothing. */
  idle: ReadonlySet<string>
  /** Names of its own for the most tokens of an answer, where the original says `max_tokens`. */
  maxima: readonly OwnMaximum[]
  /** Names for the most tokens of an answer that it obeys: what stands in any other says nothing of what an answer costs. */
  obeys: ReadonlySet<Maximum>
  /** Whether it obeys what a request says of how often tools are used that it runs itself (`max_tool_calls`, `max_uses`). */
  boundsTools: boolean
  /** Whether some of its versions put the bytes of an image in the result of a tool before the model as text. */
  writesResults: boolean
  unknown: UnknownFields
}

export type OwnMaximum = 'n_predict'
export type Maximum = 'max_tokens' | 'max_completion_tokens' | 'max_output_tokens' | OwnMaximum

type Known = {
  extras: readonly string[]
  idle?: readonly string[]
  maxima: readonly OwnMaximum[]
  obeys: readonly Maximum[]
}

/** Read by every server that has the route. */
const oldest = ['max_tokens', 'max_output_tokens'] as const satisfies Maximum[]
const newest = [...oldest, 'max_completion_tokens'] as const satisfies Maximum[]

/** Sampling, and what is made of the text: none of them chooses who answers, for whom or how long. */
const sampling = ['top_k', 'min_p', 'repetition_penalty', 'chat_template_kwargs'] as const
const structured = ['structural_tag', 'skip_special_tokens', 'stop_token_ids', 'continue_final_message'] as const

/** From the request types of the servers themselves, without what `deniedField` keeps out. */
const known: Record<UpstreamKind, Known> = {
  openai: { extras: [], maxima: [], obeys: newest },
  // Who says nothing of a server says that it is compatible with the original.
  other: { extras: [], maxima: [], obeys: newest },
  vllm: {
    extras: [
      ...sampling,
      ...structured,
      ...['length_penalty', 'include_stop_str_in_output', 'spaces_between_special_tokens', 'allowed_token_ids'],
      ...['truncate_prompt_tokens', 'prompt_logprobs', 'bad_words', 'echo', 'add_generation_prompt', 'cache_salt'],
      ...['add_special_tokens', 'include_reasoning', 'thinking_token_budget', 'documents', 'mm_processor_kwargs'],
      ...['return_tokens_as_token_ids', 'return_token_ids', 'structured_outputs', 'guided_json', 'guided_regex'],
      ...['guided_choice', 'guided_grammar', 'guided_whitespace_pattern', 'guided_decoding_backend'],
      ...['normalize', 'softmax', 'use_activation', 'embed_dtype', 'endianness', 'to_language'],
      ...['seed', 'top_p', 'frequency_penalty', 'presence_penalty', 'vllm_xargs', 'media_io_kwargs'],
    ],
    idle: ['priority', 'ignore_eos', 'use_beam_search', 'min_tokens', 'padding'],
    maxima: [],
    obeys: newest,
  },
  sglang: {
    extras: [
      ...sampling,
      ...structured,
      ...['regex', 'ebnf', 'no_stop_trim', 'stop_regex', 'separate_reasoning', 'stream_reasoning', 'cache_salt'],
      ...['return_hidden_states', 'return_cached_tokens_details', 'max_dynamic_patch', 'images_config'],
      ...['custom_params', 'return_meta_info', 'task'],
    ],
    // Its priorities have no number that says nothing: without one a call comes last.
    idle: ['ignore_eos', 'min_tokens'],
    maxima: [],
    obeys: newest,
  },
  ollama: {
    extras: [
      ...['top_k', 'min_p', 'repeat_penalty', 'repeat_last_n', 'num_ctx', 'options', 'format', 'think', 'truncate'],
      ...['reasoning', 'keep_alive'],
    ],
    maxima: [],
    obeys: oldest,
  },
  'llama.cpp': {
    extras: [
      ...['top_k', 'min_p', 'typical_p', 'top_n_sigma', 'repeat_penalty', 'repeat_last_n', 'samplers', 'min_keep'],
      ...['mirostat', 'mirostat_tau', 'mirostat_eta', 'dynatemp_range', 'dynatemp_exponent', 'xtc_probability'],
      ...['xtc_threshold', 'dry_multiplier', 'dry_base', 'dry_allowed_length', 'dry_penalty_last_n'],
      ...['dry_sequence_breakers', 'grammar', 'grammar_lazy', 'grammar_triggers', 'preserved_tokens', 'json_schema'],
      ...['cache_prompt', 'n_probs', 'post_sampling_probs', 'return_tokens', 'timings_per_token', 'return_progress'],
      ...['chat_template_kwargs', 'reasoning_format', 'thinking_forced_open', 'add_generation_prompt'],
      ...['parse_tool_calls', 'response_fields', 't_max_predict_ms', 'n_keep', 'embd_normalize'],
    ],
    idle: ['ignore_eos', 'id_slot'],
    maxima: ['n_predict'],
    obeys: [...oldest, 'n_predict'],
  },
}

/**
 * What is known of a model server's fields.
 * @param extraFields that its operator knows it to take
 * @param unknown what its operator says of all others; left out, one of a known kind refuses them and any other takes them
 */
export function dialectOf(
  kind: UpstreamKind,
  extraFields: readonly string[] = [],
  unknown: UnknownFields | null = null,
): Dialect {
  const { extras, idle = [], maxima, obeys } = known[kind]
  return {
    kind,
    extras: new Set([...extras, ...extraFields]),
    idle: new Set(idle),
    maxima,
    obeys: new Set(obeys),
    // Of the servers that are known by name none reads it.
    boundsTools: kind === 'openai' || kind === 'other',
    writesResults: kind === 'vllm',
    unknown: unknown ?? (kind === 'other' ? 'pass' : 'refuse'),
  }
}

/** One of which nothing is said. */
export const ANY_DIALECT: Dialect = dialectOf('other')
