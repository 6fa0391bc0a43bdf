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
      maxima: ['max_tokens', 'max_completion_tokens'],
      tools: 'hosted',
      tier: 'taken',
      store: 'on_request',
    },
    reply: watches.completion,
    charges: charged.answer,
    report: { kind: 'completions', lineItems: 'tokens' },
  },
  'completions.create': {
    ...ask,
    path: '/v1/completions',
    body: {
      ...plainJson,
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
    body: plainJson,
    reply: watches.input,
    charges: charged.input,
    report: { kind: 'embeddings', lineItems: 'tokens' },
  },
  'moderations.create': {
    ...ask,
    path: '/v1/moderations',
    body: plainJson,
    reply: watches.input,
    charges: charged.input,
    report: { kind: 'moderations', lineItems: 'tokens' },
  },
} as const satisfies Record<string, Declaration>
