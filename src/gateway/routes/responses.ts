import { charged } from './charged.ts'
import type { Declaration, JsonShape } from './declaration.ts'
import { ask, plainJson, watches } from './parts.ts'

/** How a response that is settled later was asked for, and where it is at its model server. */
export const answeredLater = { method: 'POST', path: '/v1/responses', one: '/responses/{id}' } as const

const respond = { ...ask, permission: 'api.responses.write' } as const

const body = {
  ...plainJson,
  maxima: ['max_output_tokens'],
  references: {
    refused: [
      { field: 'prompt' },
      // Agents that start agents: the original sets their number no bound, so nothing could be reserved for them.
      { field: 'multi_agent' },
    ],
    responses: ['previous_response_id', 'prompt_cache_options.comparison_response_id'],
    conversation: 'conversation',
    items: 'input',
  },
  tools: 'hosted_with_models',
  tier: 'taken',
  store: 'on_request',
} as const satisfies Omit<JsonShape, 'fields'>

/** Of what is answered at once. */
const inBackground = { field: 'background', unless: false } as const

/** Responses that are made (openai 7.57). Counting tokens costs nothing, but a model and a response are named in it. */
export const responses = {
  'responses.create': {
    ...respond,
    path: '/v1/responses',
    body: {
      ...body,
      fields: new Set([
        ...['access_programs', 'background', 'context_management', 'conversation', 'image', 'include'],
        ...['input', 'instructions', 'max_output_tokens', 'max_tool_calls', 'metadata', 'model'],
        ...['moderation', 'parallel_tool_calls', 'previous_response_id', 'prompt', 'prompt_cache_key'],
        ...['prompt_cache_options', 'prompt_cache_retention', 'reasoning', 'safety_identifier'],
        ...['service_tier', 'store', 'stream', 'stream_options', 'temperature', 'text', 'tool_choice'],
        ...['tools', 'top_logprobs', 'top_p', 'truncation', 'user'],
      ]),
      store: 'by_default',
      background: 'background',
    },
    reply: watches.response,
    charges: charged.answer,
    report: { kind: 'completions', lineItems: 'tokens' },
  },
  'responses.compact': {
    ...respond,
    path: '/v1/responses/compact',
    body: {
      ...body,
      fields: new Set([
        ...['image', 'input', 'instructions', 'model', 'previous_response_id', 'prompt_cache_key'],
        ...['prompt_cache_options', 'prompt_cache_retention', 'service_tier'],
      ]),
      // The original has no such fields here.
      maxima: [],
      references: {
        ...body.references,
        refused: [...body.references.refused, { field: 'conversation' }, inBackground],
        conversation: null,
      },
      tier: 'taken_but_scale',
    },
    reply: watches.response,
    charges: charged.answer,
    report: { kind: 'completions', lineItems: 'tokens' },
  },
  'responses.inputTokens.count': {
    ...respond,
    path: '/v1/responses/input_tokens',
    body: {
      ...body,
      fields: new Set([
        ...['conversation', 'input', 'instructions', 'model', 'parallel_tool_calls', 'personality'],
        ...['previous_response_id', 'reasoning', 'text', 'tool_choice', 'tools', 'truncation'],
      ]),
      maxima: [],
      references: { ...body.references, refused: [...body.references.refused, inBackground] },
      tier: 'said',
    },
    reply: { kind: 'plain' },
    charges: charged.input,
    report: { kind: 'none' },
  },
} as const satisfies Record<string, Declaration>
