/*
 * What is done in the background, and what of it lasts longer than a call: an interface for each table, as in tables.ts.
 */

/** Who does something in the background that one does at a time; of no organization. */
export interface LeaseTable {
  /** Of the job. */
  name: string
  /** Made anew for each thread that could. */
  holder: string
  /** Milliseconds since the epoch, by the database's clock: from then on another may take it. */
  until_ms: number
}

export type BatchStatus =
  | 'validating'
  | 'failed'
  | 'in_progress'
  | 'finalizing'
  | 'completed'
  | 'expired'
  | 'cancelling'
  | 'cancelled'

/** A batch of calls, as its project sees it, whoever runs it. */
export interface BatchTable {
  id: string
  organization_id: string
  project_id: string
  /** The key that made it, and its owner: a user or a service account. What it uses is theirs. */
  key_id: string
  user_id: string
  /** Who sends its lines: an upstream that has batches, or the gate itself. */
  runner: 'upstream' | 'gatehouse'
  endpoint: string
  completion_window: string
  input_file_id: string
  /** A JSON object. */
  metadata: string | null
  /** Seconds that the files of its results are kept. */
  output_expires_after: number | null
  status: BatchStatus
  /** Milliseconds since the epoch: what lists are ordered by. */
  made_at: number
  created_at: number
  /** Of its lines, as they name it; null until they were judged. */
  model: string | null
  /** The upstream that it was sent to. */
  upstream: string | null
  /** The judged copy of its lines, there. It is this batch's alone, and deleted at the end. */
  upstream_file_id: string | null
  /** JSON: the copy whose upload has begun, as `src/gateway/batches/copying.ts` reads it; null: none that nobody has heard of. */
  copying: string | null
  upstream_batch_id: string | null
  /** Its project's, before they stand here. */
  output_file_id: string | null
  error_file_id: string | null
  /** A JSON list of `{ code, line, message, param }`. */
  errors: string | null
  /** A JSON object, in the upstream's words. */
  usage: string | null
  in_progress_at: number | null
  expires_at: number | null
  finalizing_at: number | null
  completed_at: number | null
  failed_at: number | null
  expired_at: number | null
  cancelling_at: number | null
  cancelled_at: number | null
  /** When the upstream was first to be asked to make it, whatever has become of that. */
  sent_at: number | null
  /** Milliseconds since the epoch at which it is worked on next; null: nothing is left to be done. */
  due_at: number | null
  request_total: number
  request_completed: number
  request_failed: number
  /** Input tokens that count as waiting until it ends. */
  enqueued_tokens: number
  /** Nano-dollars that are set aside for it until it ends. */
  reserved_nano: number
  /** Bytes of the files of its results, up to which their lines are settled. */
  settled_output: number
  settled_error: number
  /** JSON: what it was let in with, and what of it is used, as `src/gateway/batches/terms.ts` reads it; null: it holds nothing. */
  held: string | null
}

/** A response in the background that is not settled: with its settlement the row goes. */
export interface BackgroundResponseTable {
  /** Made by the gate, before anything is sent. */
  id: string
  organization_id: string
  project_id: string
  /** Whose call it was: what it uses is theirs. */
  key_id: string
  user_id: string
  /** As its model server calls it; null: nobody has heard of it yet. */
  response_id: string | null
  upstream: string | null
  /** Milliseconds since the epoch. */
  made_at: number
  /** From then on its model server is asked how it stands. */
  due_at: number
  reserved_nano: number
  /** JSON: what it was let in with, as `src/gateway/batches/terms.ts` reads it. */
  terms: string
}
