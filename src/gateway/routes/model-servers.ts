import { charged } from './charged.ts'
import type { Declaration, JsonShape } from './declaration.ts'
import { ask, plainJson, unmetered, watches } from './parts.ts'
import { told } from './told.ts'

/** What reads texts and answers with numbers. None of these is a stream, whatever is asked. */
const read = {
  ...ask,
  reply: watches.input,
  charges: charged.input,
  report: { kind: 'embeddings', lineItems: 'tokens' },
} as const
const body = { ...plainJson, streams: [] } as const satisfies Omit<JsonShape, 'fields'>

/** Of each pair of texts: what the model is to look for, and where a text is cut. */
const pairing = [
  'instruct',
  'instruction',
  'max_tokens_per_doc',
  'max_tokens_per_query',
  'truncate_prompt_tokens',
  'user',
]
const paired = { ...body, told: [...told, 'instruct', 'instruction'] } as const

/** What uses nothing, and counts as a request. */
const counted = { ...ask, ...unmetered, servedAt: 'root' } as const

/**
 * What model servers have beside the original: the fields are those of vLLM, llama.cpp and SGLang. Each is one route, by whichever
 * of its paths it is asked for; a model server is asked by the one that most of them have.
 */
export const modelServers = {
  rerank: {
    ...read,
    path: '/v1/rerank',
    aliases: ['/rerank', '/v2/rerank', '/v1/reranking', '/reranking'],
    body: {
      ...paired,
      fields: new Set([
        ...['model', 'query', 'documents', 'texts', 'top_n', 'return_documents', 'return_text', 'raw_scores'],
        ...pairing,
      ]),
      pairs: { whole: ['query'], first: [], second: ['documents', 'texts'] },
    },
  },
  score: {
    ...read,
    path: '/v1/score',
    aliases: ['/score'],
    body: {
      ...paired,
      fields: new Set([
        ...['model', 'query', 'queries', 'documents', 'items', 'text_1', 'text_2', 'data_1', 'data_2'],
        ...['label_token_ids', 'apply_softmax', 'item_first'],
        ...pairing,
      ]),
      pairs: {
        whole: ['query'],
        first: ['queries', 'text_1', 'data_1'],
        second: ['documents', 'items', 'text_2', 'data_2'],
      },
    },
  },
  classify: {
    ...read,
    path: '/v1/classify',
    aliases: ['/classify'],
    servedAt: 'root',
    body: { ...body, questions: 'input', fields: new Set(['input', 'messages', 'model', 'user']) },
  },
  pooling: {
    ...read,
    path: '/v1/pooling',
    aliases: ['/pooling'],
    servedAt: 'root',
    body: {
      ...body,
      questions: 'input',
      fields: new Set(['data', 'dimensions', 'encoding_format', 'input', 'messages', 'model', 'task', 'user']),
      references: {
        ...body.references,
        // It is for a program of the model server's own, which may fetch whatever is named in it.
        refused: [...body.references.refused, { field: 'data' }],
      },
    },
  },
  tokenize: {
    ...counted,
    path: '/v1/tokenize',
    aliases: ['/tokenize'],
    body: {
      ...body,
      fields: new Set([
        ...[
          'add_generation_prompt',
          'add_special',
          'add_special_tokens',
          'content',
          'continue_final_message',
          'messages',
        ],
        ...['model', 'parse_special', 'prompt', 'return_token_strs', 'tools', 'with_pieces'],
      ]),
      told: [...told, 'content'],
      tools: 'hosted',
    },
  },
  detokenize: {
    ...counted,
    path: '/v1/detokenize',
    aliases: ['/detokenize'],
    body: { ...body, fields: new Set(['model', 'skip_special_tokens', 'tokens']), told: [...told, 'tokens'] },
  },
} as const satisfies Record<string, Declaration>
