import type { Declaration, JsonShape } from './declaration.ts'
import { ask, bare, charged, plainJson, watches } from './parts.ts'

const respond = { ...ask, permission: 'api.responses.write' } as const
const read = { ...bare, method: 'GET', permission: 'api.responses.read', answeredBy: 'model_server' } as const
const write = { ...bare, permission: 'api.responses.write', answeredBy: 'model_server' } as const

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

/**
 * Responses (openai 7.57): those that are made, and those that a model server keeps, which are the project's that made them.
 * Counting tokens costs nothing, but a model and a response are named in it; a response that is read again was metered when
 * it was made.
 */
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
  'responses.retrieve': {
    ...read,
    path: '/v1/responses/{response_id}',
    query: { include: 'list', include_obfuscation: 'once', starting_after: 'once', stream: 'once' },
  },
  'responses.delete': { ...write, method: 'DELETE', path: '/v1/responses/{response_id}' },
  'responses.cancel': { ...write, method: 'POST', path: '/v1/responses/{response_id}/cancel' },
  'responses.inputItems.list': {
    ...read,
    path: '/v1/responses/{response_id}/input_items',
    query: { after: 'once', include: 'list', limit: 'once', order: 'once' },
  },
} as const satisfies Record<string, Declaration>
