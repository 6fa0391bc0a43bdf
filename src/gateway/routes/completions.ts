import { charged } from './charged.ts'
import type { Declaration } from './declaration.ts'
import { ask, plainJson, watches } from './parts.ts'

/** Chat completions and their elder sister, embeddings and moderations (openai 7.57). */
export const completions = {
  'chat.completions.create': {
    ...ask,
    path: '/v1/chat/completions',
    body: {
      ...plainJson,
      fields: new Set([
        ...['audio', 'frequency_penalty', 'function_call', 'functions', 'logit_bias', 'logprobs'],
        ...['max_completion_tokens', 'max_tokens', 'messages', 'metadata', 'modalities', 'model', 'moderation', 'n'],
        ...['parallel_tool_calls', 'prediction', 'presence_penalty', 'prompt_cache_key', 'prompt_cache_options'],
        ...['prompt_cache_retention', 'reasoning_effort', 'response_format', 'safety_identifier', 'seed'],
        ...['service_tier', 'stop', 'store', 'stream', 'stream_options', 'temperature', 'tool_choice', 'tools'],
        ...['top_logprobs', 'top_p', 'user', 'verbosity', 'web_search_options'],
      ]),
      maxima: ['max_tokens', 'max_completion_tokens'],
      tools: 'hosted',
      tier: 'taken',
      store: 'as_chat',
    },
    reply: watches.chat,
    charges: charged.answer,
    report: { kind: 'completions', lineItems: 'tokens' },
  },
  'completions.create': {
    ...ask,
    path: '/v1/completions',
    body: {
      ...plainJson,
      fields: new Set([
        ...['best_of', 'echo', 'frequency_penalty', 'logit_bias', 'logprobs', 'max_tokens', 'model', 'n'],
        ...['presence_penalty', 'prompt', 'seed', 'stop', 'stream', 'stream_options', 'suffix'],
        ...['temperature', 'top_p', 'user'],
      ]),
      maxima: ['max_tokens'],
      questions: 'prompt',
      tools: 'hosted',
      tier: 'said',
      store: 'on_request',
    },
    reply: watches.completion,
    charges: charged.answer,
    report: { kind: 'completions', lineItems: 'tokens' },
  },
  'embeddings.create': {
    ...ask,
    path: '/v1/embeddings',
    body: {
      ...plainJson,
      questions: 'input',
      fields: new Set(['dimensions', 'encoding_format', 'input', 'model', 'user']),
    },
    reply: watches.input,
    charges: charged.input,
    report: { kind: 'embeddings', lineItems: 'tokens' },
  },
  'moderations.create': {
    ...ask,
    path: '/v1/moderations',
    body: { ...plainJson, leftOut: 'moderations', questions: 'input', fields: new Set(['input', 'model']) },
    reply: watches.input,
    charges: charged.input,
    report: { kind: 'moderations', lineItems: 'tokens' },
  },
} as const satisfies Record<string, Declaration>
