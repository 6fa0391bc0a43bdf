import { sql } from 'kysely'
import { usage as routes } from '../contract/usage.ts'
import { usd } from '../core/money.ts'
import { dollars, nanos, total } from '../db/usage.ts'
import type { Handlers } from './handlers.ts'
import { report } from './usage-report.ts'

const requests = { num_model_requests: total('num_model_requests') }
const units = { units: total('units') }
const input = { ...requests, input_tokens: total('input_tokens') }
const tokens = {
  ...input,
  output_tokens: total('output_tokens'),
  input_cached_tokens: total('input_cached_tokens'),
  input_cache_write_30m_tokens: total('input_cache_write_30m_tokens'),
  input_cache_write_12h_tokens: total('input_cache_write_12h_tokens'),
  input_audio_tokens: total('input_audio_tokens'),
  input_image_tokens: total('input_image_tokens'),
  input_cached_audio_tokens: total('input_cached_audio_tokens'),
  input_cached_image_tokens: total('input_cached_image_tokens'),
  output_audio_tokens: total('output_audio_tokens'),
  output_image_tokens: total('output_image_tokens'),
}
const cost = { dollars, nanos }
const item = { ...cost, ...units, unit: sql<string>`min(quantity_unit)`, otherUnit: sql<string>`max(quantity_unit)` }

export const usage: Handlers<typeof routes> = {
  completions: (call) =>
    report(call, {
      route: routes.completions,
      kind: 'completions',
      object: 'organization.usage.completions.result',
      select: tokens,
      view: tokensView,
    }),

  decisions: (call) =>
    report(call, {
      route: routes.decisions,
      kind: 'decisions',
      object: 'organization.usage.decisions.result',
      select: tokens,
      view: tokensView,
    }),

  embeddings: (call) =>
    report(call, {
      route: routes.embeddings,
      kind: 'embeddings',
      object: 'organization.usage.embeddings.result',
      select: input,
      view: ({ input_tokens, num_model_requests }) => ({ input_tokens, num_model_requests }),
    }),

  moderations: (call) =>
    report(call, {
      route: routes.moderations,
      kind: 'moderations',
      object: 'organization.usage.moderations.result',
      select: input,
      view: ({ input_tokens, num_model_requests }) => ({ input_tokens, num_model_requests }),
    }),

  images: (call) =>
    report(call, {
      route: routes.images,
      kind: 'images',
      object: 'organization.usage.images.result',
      select: { ...units, ...requests },
      view: ({ units, num_model_requests }) => ({ images: units, num_model_requests }),
    }),

  audioSpeeches: (call) =>
    report(call, {
      route: routes.audioSpeeches,
      kind: 'audio_speeches',
      object: 'organization.usage.audio_speeches.result',
      select: { ...units, ...requests },
      view: ({ units, num_model_requests }) => ({ characters: units, num_model_requests }),
    }),

  audioTranscriptions: (call) =>
    report(call, {
      route: routes.audioTranscriptions,
      kind: 'audio_transcriptions',
      object: 'organization.usage.audio_transcriptions.result',
      select: { ...units, ...requests },
      view: ({ units, num_model_requests }) => ({ seconds: units, num_model_requests }),
    }),

  vectorStores: (call) =>
    report(call, {
      route: routes.vectorStores,
      kind: 'vector_stores',
      object: 'organization.usage.vector_stores.result',
      select: units,
      view: ({ units }) => ({ usage_bytes: units }),
    }),

  codeInterpreterSessions: (call) =>
    report(call, {
      route: routes.codeInterpreterSessions,
      kind: 'code_interpreter_sessions',
      object: 'organization.usage.code_interpreter_sessions.result',
      select: units,
      view: ({ units }) => ({ num_sessions: units }),
    }),

  fileSearchCalls: (call) =>
    report(call, {
      route: routes.fileSearchCalls,
      kind: 'file_search_calls',
      object: 'organization.usage.file_searches.result',
      select: units,
      view: ({ units }) => ({ num_requests: units }),
    }),

  webSearchCalls: (call) =>
    report(call, {
      route: routes.webSearchCalls,
      kind: 'web_search_calls',
      object: 'organization.usage.web_searches.result',
      select: { ...units, ...requests },
      view: ({ units, num_model_requests }) => ({ num_requests: units, num_model_requests }),
    }),

  // A quantity is one of one thing: without the line item there is none.
  costs: (call) => {
    const of = { route: routes.costs, kind: 'costs', object: 'organization.costs.result' } as const
    return call.query.group_by?.includes('line_item')
      ? report(call, {
          ...of,
          select: item,
          view: (sums) => ({
            amount: amountView(sums),
            quantity: sums.units,
            quantity_unit: sums.unit === sums.otherUnit && sums.unit !== '' ? sums.unit : null,
          }),
        })
      : report(call, {
          ...of,
          select: cost,
          view: (sums) => ({ amount: amountView(sums), quantity: null, quantity_unit: null }),
        })
  },
}

/** @param sums whole dollars and the nano-dollars beyond them */
export const amountView = (sums: { dollars: number; nanos: number }) => ({
  value: usd(sums.dollars, sums.nanos),
  currency: 'usd' as const,
})

/** Kept are the whole and the parts that are reported of it; text and uncached are what remains. */
function tokensView(sums: Record<keyof typeof tokens, number>) {
  const { input_cache_write_30m_tokens, input_cache_write_12h_tokens } = sums
  const { input_audio_tokens, input_image_tokens, input_cached_tokens } = sums
  const input_cache_write_tokens = input_cache_write_30m_tokens + input_cache_write_12h_tokens
  const input_uncached_tokens = sums.input_tokens - input_cached_tokens - input_cache_write_tokens
  return {
    input_tokens: sums.input_tokens,
    output_tokens: sums.output_tokens,
    num_model_requests: sums.num_model_requests,
    input_cached_tokens,
    input_cache_write_tokens,
    input_cache_write_30m_tokens,
    input_cache_write_12h_tokens,
    input_uncached_tokens,
    input_text_tokens: input_uncached_tokens - input_audio_tokens - input_image_tokens,
    input_audio_tokens,
    input_image_tokens,
    input_cached_text_tokens: input_cached_tokens - sums.input_cached_audio_tokens - sums.input_cached_image_tokens,
    input_cached_audio_tokens: sums.input_cached_audio_tokens,
    input_cached_image_tokens: sums.input_cached_image_tokens,
    output_text_tokens: sums.output_tokens - sums.output_audio_tokens - sums.output_image_tokens,
    output_audio_tokens: sums.output_audio_tokens,
    output_image_tokens: sums.output_image_tokens,
  }
}
