import { charged } from './charged.ts'
import type { Declaration, JsonShape } from './declaration.ts'
import { message, messageEvent } from './message-replies.ts'
import { ask, plainJson } from './parts.ts'

const tell = { ...ask, api: 'anthropic' } as const

const body = {
  ...plainJson,
  fields: new Set([
    ...['cache_control', 'compaction', 'container', 'context_management', 'diagnostics', 'max_tokens', 'mcp_servers'],
    ...['messages', 'metadata', 'model', 'output_config', 'output_format', 'service_tier', 'speed', 'stop_sequences'],
    ...['stream', 'system', 'temperature', 'thinking', 'tool_choice', 'tools', 'top_k', 'top_p'],
  ]),
  references: {
    refused: [
      ...plainJson.references.refused,
      { field: 'container' },
      { field: 'diagnostics.previous_message_id' },
      // What a model server reads and says to shorten a conversation is in none of the sums that it reports.
      { field: 'compaction' },
      { field: 'context_management', holding: 'compact' },
    ],
    responses: [],
    conversation: null,
    items: null,
  },
  tools: 'hosted_with_models',
  tier: 'standard_only',
} as const satisfies JsonShape

/** Messages, as the Anthropic API has them (@anthropic-ai/sdk 1.14): vLLM, llama.cpp, SGLang and Ollama serve them too. */
export const messages = {
  'messages.create': {
    ...tell,
    path: '/v1/messages',
    whereMissing: 'not_translated',
    body: { ...body, maxima: ['max_tokens'], maximum: 'required' },
    reply: {
      kind: 'watched',
      kept: null,
      whole: message,
      event: messageEvent,
      counts: 'input_and_output',
      streamReports: 'always',
      makesImages: false,
      hears: false,
    },
    charges: charged.answer,
    report: { kind: 'completions', lineItems: 'tokens' },
  },
  'messages.countTokens': {
    ...tell,
    path: '/v1/messages/count_tokens',
    whereMissing: 'counted',
    // A count is one answer, whatever is asked.
    body: { ...body, tier: 'said', streams: [] },
    reply: { kind: 'plain' },
    charges: charged.input,
    report: { kind: 'none' },
  },
} as const satisfies Record<string, Declaration>
