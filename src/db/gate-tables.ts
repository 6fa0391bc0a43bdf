import type { ColumnType } from 'kysely'
import type { OwnedKind } from '../core/owned.ts'
import type { Grain, UsageKind } from '../core/usage.ts'

/*
 * What the gate keeps of calls: an interface for each table, as in tables.ts.
 */

/** What was used of a window of a day when it was last saved, so that a restart does not give it away again. */
export interface LimitLevelTable {
  organization_id: string
  /** The window, as the gate counts it. */
  key: string
  level: number
  /** Units a day that it drained by. */
  maximum: number
  /** Milliseconds since the epoch when the level was so. */
  at_ms: number
}

/**
 * What was used, summed up: for each minute, and again for each hour and day, one row for everything that is alike in the
 * dimensions. A dimension that does not apply is empty text, so that the key has no nulls.
 */
export interface UsageRollupTable {
  organization_id: string
  kind: UsageKind
  /** How many seconds the row sums up. */
  grain: Grain
  /** When they begin. */
  time: number
  api_key_id: string
  project_id: string
  /** The owner of the key: a user or a service account. */
  user_id: string
  model: string
  /** Of `costs`: what was paid for, `m1, input_tokens`. */
  line_item: string
  quantity_unit: string
  service_tier: string
  api_source: string
  size: string
  source: string
  context_level: string
  vector_store_id: string
  /** 1 for batch jobs. */
  batch: number
  num_model_requests: number
  /** What the kind counts besides tokens: images, characters, seconds, bytes, sessions, calls, a cost's quantity. */
  units: number
  /** All input tokens; the next ones are parts of them. */
  input_tokens: number
  output_tokens: number
  input_cached_tokens: number
  input_cache_write_30m_tokens: number
  input_cache_write_12h_tokens: number
  /** Neither cached nor written to a cache; likewise the images'. */
  input_audio_tokens: number
  input_image_tokens: number
  input_cached_audio_tokens: number
  input_cached_image_tokens: number
  output_audio_tokens: number
  output_image_tokens: number
  /** Nano-dollars. */
  amount_nano: number
}

/** What was spent in a calendar month, UTC: the costs of the rollups, summed up once more. */
export interface SpendTotalTable {
  organization_id: string
  /** Empty: the organization altogether. */
  project_id: string
  /** `2026-11`. */
  month: string
  /** Nano-dollars, which can exceed 2^53: never read as one number. */
  amount_nano: ColumnType<never, bigint, bigint>
}

/** What of a total one writer of usage has brought: written with each batch where Redis counts, which is told it by the writer's name. */
export interface SpendOfWriterTable extends SpendTotalTable {
  writer: string
}

/** Spend alerts that were raised, each once for a threshold and month. */
export interface SpendAlertSentTable {
  organization_id: string
  alert_id: string
  /** `2026-11`. */
  month: string
  threshold_cents: number
  sent_at: number
}

/** Whose the things are that model servers keep: responses, and the items that came with them. It goes when it has expired. */
export interface OwnedTable {
  kind: OwnedKind
  id: string
  organization_id: string
  project_id: string
  /** The name of the upstream that keeps it. */
  upstream: string
  /** The response that it came with, whose end is its own; null for a response, and where nobody knows. */
  response_id: string | null
  /** Unix seconds. What was ended before its time has that moment here. */
  expires_at: number
  /** Milliseconds since the epoch; null for what no list shows. */
  made_at: number | null
  /** What lists are narrowed by: a file's purpose. */
  label: string | null
}

/** The last batch of usage that each running server has written; of no organization. */
export interface UsageWriterTable {
  /** Made anew at every start. */
  id: string
  batch: number
  written_at: number
}

/** What all batches together hold that have not ended: the sums of what stands in their rows. */
export interface BatchHeldTable {
  organization_id: string
  /** A limit of enqueued tokens, or whose money it is: see `src/db/batch-held.ts`. */
  what: string
  /** Tokens or nano-dollars, of which there can be more than 2^53: never read as one number. */
  amount: ColumnType<never, bigint, bigint>
}

/** How many calls of a project were refused for a limit within five minutes. */
export interface LimitRefusalTable {
  organization_id: string
  /** Unix seconds, the beginning of the five minutes. */
  time: number
  project_id: string
  /** As rate limits call it. */
  model: string
  scope: 'organization' | 'project'
  dimension: string
  refused: number
}
