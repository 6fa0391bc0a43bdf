import type { Declaration } from './declaration.ts'
import { bare, described, unmetered } from './parts.ts'

/** A batch is the gate's own object, whoever sends its lines: the gate answers, and no upstream is asked. */
const ofBatches = {
  ...bare,
  ...unmetered,
  offered: 'batches',
  check: 'not_offered',
} as const satisfies Partial<Declaration>

/** Batches (openai 7.59). */
export const batches = {
  'batches.create': {
    ...ofBatches,
    answeredBy: { batches: 'create' },
    method: 'POST',
    path: '/v1/batches',
    permission: 'api.batch.write',
    body: described('completion_window', 'endpoint', 'input_file_id', 'metadata', 'output_expires_after'),
  },
  'batches.list': {
    ...ofBatches,
    answeredBy: { batches: 'list' },
    method: 'GET',
    path: '/v1/batches',
    permission: 'api.batch.read',
    query: { after: 'text', limit: 'number' },
  },
  'batches.retrieve': {
    ...ofBatches,
    answeredBy: { batches: 'retrieve' },
    method: 'GET',
    path: '/v1/batches/{batch_id}',
    permission: 'api.batch.read',
  },
  'batches.cancel': {
    ...ofBatches,
    answeredBy: { batches: 'cancel' },
    method: 'POST',
    path: '/v1/batches/{batch_id}/cancel',
    permission: 'api.batch.write',
  },
} as const satisfies Record<string, Declaration>

/**
 * Routes whose calls can be lines of a batch, by their paths. The original has videos too, which are shut down.
 */
export const batchEndpoints: readonly string[] = [
  ...['/v1/responses', '/v1/chat/completions', '/v1/embeddings', '/v1/completions', '/v1/moderations'],
  ...['/v1/images/generations', '/v1/images/edits'],
]

/** Where an upstream has what a batch is run with, behind its base URL. */
export const atUpstreams = { files: '/files', batches: '/batches' } as const
