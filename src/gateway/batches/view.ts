import type { BatchRow } from '../../db/batch.ts'

/** A batch as the original shows it (openai 7.59). */
export const viewOf = (row: BatchRow) => ({
  id: row.id,
  object: 'batch',
  endpoint: row.endpoint,
  model: row.model,
  errors: row.errors === null ? null : { object: 'list', data: JSON.parse(row.errors) },
  input_file_id: row.input_file_id,
  completion_window: row.completion_window,
  status: row.status,
  output_file_id: row.output_file_id,
  error_file_id: row.error_file_id,
  created_at: row.created_at,
  in_progress_at: row.in_progress_at,
  expires_at: row.expires_at,
  finalizing_at: row.finalizing_at,
  completed_at: row.completed_at,
  failed_at: row.failed_at,
  expired_at: row.expired_at,
  cancelling_at: row.cancelling_at,
  cancelled_at: row.cancelled_at,
  request_counts: { total: row.request_total, completed: row.request_completed, failed: row.request_failed },
  ...(row.usage !== null && { usage: JSON.parse(row.usage) }),
  metadata: row.metadata === null ? null : JSON.parse(row.metadata),
})
