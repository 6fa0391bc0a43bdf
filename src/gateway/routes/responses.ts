import { charged } from './charged.ts'
import type { Declaration, JsonShape } from './declaration.ts'
import { ask, plainJson, watches } from './parts.ts'

const respond = { ...ask, permission: 'api.responses.write' } as const

const body = {
  ...plainJson,
  maxima: ['max_output_tokens'],
  references: {
    refused: [
      { field: 'conversation' },
      { field: 'prompt' },
      { field: 'background', unless: false },
      // Agents that start agents: the original sets their number no bound, so nothing could be reserved for them.
      { field: 'multi_agent' },
      { field: 'prompt_cache_options.comparison_response_id' },
    ],
    response: 'previous_response_id',
    items: 'input',
  },
  tools: 'hosted_with_models',
  tier: 'taken',
  store: 'on_request',
} as const satisfies JsonShape

/** Responses that are made (openai 7.57). Counting tokens costs nothing, but a model and a response are named in it. */
export const responses = {
  'responses.create': {
    ...respond,
    path: '/v1/responses',
    body: { ...body, store: 'by_default' },
    reply: watches.response,
    charges: charged.answer,
    report: { kind: 'completions', lineItems: 'tokens' },
  },
  'responses.compact': {
    ...respond,
    path: '/v1/responses/compact',
    body: { ...body, tier: 'taken_but_scale' },
    reply: watches.response,
    charges: charged.answer,
    report: { kind: 'completions', lineItems: 'tokens' },
  },
  'responses.inputTokens.count': {
    ...respond,
    path: '/v1/responses/input_tokens',
    body: { ...body, maxima: [], tier: 'said' },
    reply: { kind: 'plain' },
    charges: charged.input,
    report: { kind: 'none' },
  },
} as const satisfies Record<string, Declaration>
