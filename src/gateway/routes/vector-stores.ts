import type { Declaration } from './declaration.ts'
import { bare, described, unmetered } from './parts.ts'

/** Of every route of vector stores: as with files, what becomes whose the gate alone sees. */
const ofStores = {
  ...bare,
  ...unmetered,
  answeredBy: 'model_server',
  offered: 'vector_stores',
  check: 'not_offered',
} as const satisfies Partial<Declaration>

const read = { ...ofStores, method: 'GET', permission: 'api.vector_stores.read' } as const
const write = { ...ofStores, method: 'POST', permission: 'api.vector_stores.write' } as const
const remove = { ...write, method: 'DELETE' } as const

const STORES = '/v1/vector_stores'
const STORE = '/v1/vector_stores/{vector_store_id}'
const FILE = '/v1/vector_stores/{vector_store_id}/files/{file_id}'
const BATCHES = '/v1/vector_stores/{vector_store_id}/file_batches'
const BATCH = '/v1/vector_stores/{vector_store_id}/file_batches/{file_batch_id}'

/** A page of what is in one store: all of it is the project's, so that it passes as its model server shows it. */
const page = { after: 'text', before: 'text', filter: 'text', limit: 'number', order: 'text' } as const

/**
 * Vector stores (openai 7.59), their files and their batches of files. A file in one is the project's file itself: in a path both are named, and
 * both are the project's.
 */
export const vectorStores = {
  'vectorStores.create': {
    ...write,
    path: STORES,
    body: described('chunking_strategy', 'description', 'expires_after', 'file_ids', 'metadata', 'name'),
    brings: [{ kind: 'vector_store', at: 'id', label: null }],
  },
  'vectorStores.list': {
    ...read,
    path: STORES,
    query: { after: 'text', before: 'text', limit: 'number', order: 'text' },
    lists: {
      kind: 'vector_store',
      one: '/vector_stores/{id}',
      narrowedBy: null,
      filters: [],
      isLarge: false,
      order: { usual: 'desc', isFixed: false },
      limit: { usual: 20, most: 100 },
      goesBack: true,
    },
  },
  'vectorStores.retrieve': { ...read, path: STORE },
  'vectorStores.update': { ...write, path: STORE, body: described('expires_after', 'metadata', 'name') },
  'vectorStores.delete': { ...remove, path: STORE, ends: 'vector_store_id' },
  'vectorStores.search': {
    ...read,
    method: 'POST',
    path: `${STORE}/search`,
    body: described('filters', 'max_num_results', 'query', 'ranking_options', 'rewrite_query'),
  },
  'vectorStores.files.create': {
    ...write,
    path: `${STORE}/files`,
    body: described('attributes', 'chunking_strategy', 'file_id'),
  },
  'vectorStores.files.list': { ...read, path: `${STORE}/files`, query: page },
  'vectorStores.files.retrieve': { ...read, path: FILE },
  'vectorStores.files.update': { ...write, path: FILE, body: described('attributes') },
  'vectorStores.files.delete': { ...remove, path: FILE },
  'vectorStores.files.content': { ...read, path: `${FILE}/content`, isLong: true },
  'vectorStores.fileBatches.create': {
    ...write,
    path: BATCHES,
    body: described('attributes', 'chunking_strategy', 'file_ids', 'files'),
    brings: [{ kind: 'vector_store_file_batch', at: 'id', label: null }],
  },
  'vectorStores.fileBatches.retrieve': { ...read, path: BATCH },
  'vectorStores.fileBatches.cancel': { ...write, path: `${BATCH}/cancel` },
  'vectorStores.fileBatches.listFiles': { ...read, path: `${BATCH}/files`, query: page },
} as const satisfies Record<string, Declaration>
