import type { Brought, Declaration } from './declaration.ts'
import { bare, unmetered } from './parts.ts'

/** Of every route of files: the gate alone sees what becomes whose, so that no proxy can carry them. */
const ofFiles = {
  ...bare,
  ...unmetered,
  answeredBy: 'model_server',
  offered: 'files',
  check: 'not_offered',
} as const satisfies Partial<Declaration>

/** Bytes of the largest file: the original's limit. */
const MOST_BYTES = 512 * 1024 * 1024

const file = { kind: 'file', at: 'id', label: 'purpose' } as const satisfies Brought

/** Files (openai 7.59), which are the project's that brought them. */
export const files = {
  'files.create': {
    ...ofFiles,
    method: 'POST',
    path: '/v1/files',
    permission: 'api.files.write',
    body: {
      kind: 'upload',
      fields: new Set(['purpose', 'expires_after[anchor]', 'expires_after[seconds]']),
      required: ['purpose'],
      file: 'file',
      mostBytes: MOST_BYTES,
      ...{ orNames: null, json: null },
    },
    brings: [file],
  },
  'files.list': {
    ...ofFiles,
    method: 'GET',
    path: '/v1/files',
    permission: 'api.files.read',
    query: { after: 'text', limit: 'number', order: 'text', purpose: 'text' },
    lists: {
      kind: 'file',
      one: '/files/{id}',
      narrowedBy: 'purpose',
      filters: [],
      isLarge: false,
      order: { usual: 'desc', isFixed: false },
      limit: { usual: 10_000, most: 10_000 },
      goesBack: false,
    },
  },
  'files.retrieve': { ...ofFiles, method: 'GET', path: '/v1/files/{file_id}', permission: 'api.files.read' },
  'files.content': {
    ...ofFiles,
    method: 'GET',
    path: '/v1/files/{file_id}/content',
    permission: 'api.files.read',
    isLong: true,
  },
  'files.delete': {
    ...ofFiles,
    method: 'DELETE',
    path: '/v1/files/{file_id}',
    permission: 'api.files.write',
    ends: 'file_id',
  },
} as const satisfies Record<string, Declaration>
