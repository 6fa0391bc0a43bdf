import type { UsageKind } from './usage.ts'

const texts = [
  'api_key_id',
  'project_id',
  'user_id',
  'model',
  'line_item',
  'quantity_unit',
  'service_tier',
  'api_source',
  'size',
  'source',
  'context_level',
  'vector_store_id',
] as const

/** What reports are grouped and filtered by, in the order of the key. */
export const dimensions = [...texts, 'batch'] as const
export type Dimension = (typeof dimensions)[number]

/** What is summed up. */
export const measures = [
  'amount_nano',
  'units',
  'num_model_requests',
  'input_tokens',
  'output_tokens',
  'input_cached_tokens',
  'input_cache_write_30m_tokens',
  'input_cache_write_12h_tokens',
  'input_audio_tokens',
  'input_image_tokens',
  'input_cached_audio_tokens',
  'input_cached_image_tokens',
  'output_audio_tokens',
  'output_image_tokens',
] as const
export type Measure = (typeof measures)[number]

/**
 * Something that was used: who, what, when and how much, of which most can be left out. Measures are whole numbers from 0 on,
 * at most 2^53; a cost is an entry of its own, of kind `costs`, with `line_item`, `units`, `quantity_unit` and `amount_nano`.
 */
export type UsageEntry = {
  organization_id: string
  kind: UsageKind
  /** Unix seconds. */
  at: number
} & Partial<Record<(typeof texts)[number], string> & Record<'batch' | Measure, number>>

/** What an entry that leaves it out means: an empty text, or nothing. The cast names what the two lists spell out. */
export const blank = Object.fromEntries([
  ...texts.map((name) => [name, '']),
  ...['batch', ...measures].map((name) => [name, 0]),
]) as Required<Omit<UsageEntry, 'organization_id' | 'kind' | 'at'>>
