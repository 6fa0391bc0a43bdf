import type { Declaration } from './declaration.ts'
import { bare, described, unmetered } from './parts.ts'

/** As files are, which they become; the permission is theirs. */
const ofUploads = {
  ...bare,
  ...unmetered,
  method: 'POST',
  answeredBy: 'model_server',
  offered: 'uploads',
  permission: 'api.files.write',
  check: 'not_offered',
} as const satisfies Partial<Declaration>

/** Bytes of the largest part: the original's limit. */
const MOST_BYTES = 64 * 1024 * 1024

/** Files that come in parts (openai 7.59). What an upload, a part and the file are named by is the project's from its first moment. */
export const uploads = {
  'uploads.create': {
    ...ofUploads,
    path: '/v1/uploads',
    body: described('bytes', 'expires_after', 'filename', 'mime_type', 'purpose'),
    brings: [{ kind: 'upload', at: 'id', label: null }],
  },
  'uploads.parts.create': {
    ...ofUploads,
    path: '/v1/uploads/{upload_id}/parts',
    body: {
      kind: 'upload',
      fields: new Set(),
      required: [],
      file: 'data',
      mostBytes: MOST_BYTES,
      orNames: null,
      json: null,
    },
    brings: [{ kind: 'part', at: 'id', label: null }],
  },
  'uploads.complete': {
    ...ofUploads,
    path: '/v1/uploads/{upload_id}/complete',
    body: described('md5', 'part_ids'),
    brings: [{ kind: 'file', at: 'file.id', label: 'purpose' }],
  },
  'uploads.cancel': { ...ofUploads, path: '/v1/uploads/{upload_id}/cancel' },
} as const satisfies Record<string, Declaration>
