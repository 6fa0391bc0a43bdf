import { Collection, newId, now, routesOf } from './collection.ts'
import { invalid, missing, Refusal } from './errors.ts'
import type { Files } from './files.ts'
import type { Asked, Body, Routes } from './server.ts'

type State = 'in_progress' | 'completed' | 'cancelled' | 'failed'
type Counts = Record<State | 'total', number>
type StoreFile = {
  id: string
  object: 'vector_store.file'
  created_at: number
  vector_store_id: string
  status: State
  usage_bytes: number
  last_error: null
  attributes: Record<string, unknown>
  chunking_strategy: object
}
type FileBatch = {
  id: string
  object: 'vector_store.files_batch'
  created_at: number
  vector_store_id: string
  status: State
  file_counts: Counts
}
type Store = {
  id: string
  object: 'vector_store'
  created_at: number
  name: string
  usage_bytes: number
  file_counts: Counts
  status: 'completed' | 'in_progress' | 'expired'
  last_active_at: number
  expires_after: object | null
  expires_at: number | null
  metadata: object
}
type Beside = { files: Collection<StoreFile>; batches: Collection<FileBatch, Collection<StoreFile>> }
export type VectorStores = Collection<Store, Beside>

const PATH = '/v1/vector_stores'
const BYTES = 1_024
const CHUNKING = { type: 'static', static: { max_chunk_size_tokens: 800, chunk_overlap_tokens: 400 } }
const list = {
  asks: (query: URLSearchParams, { status }: StoreFile) => [null, status as string].includes(query.get('filter')),
}

export const newVectorStores = (): VectorStores => new Collection(missing.vectorStore)

export function addVectorStore(stores: VectorStores, body: Body = {}): Store {
  const [id, created_at] = [newId('vs_'), now()]
  const files = new Collection<StoreFile>((file) => missing.vectorStoreFile(file, id))
  const batches = new Collection<FileBatch, Collection<StoreFile>>(missing.vectorStoreFileBatch)
  const { name = '', metadata, expires_after = null } = body
  return stores.add(
    {
      ...{
        id,
        object: 'vector_store',
        created_at,
        name,
        usage_bytes: 0,
        file_counts: counted([]),
        status: 'completed',
      },
      ...{ last_active_at: created_at, expires_after, metadata: metadata ?? {} },
      expires_at: expires_after === null ? null : created_at + expires_after.days * 86_400,
    },
    { files, batches },
  )
}

/** A file is taken out of every store that has it. */
export function detachEverywhere(stores: VectorStores, fileId: string): void {
  for (const { id } of stores.values()) {
    const { files } = stores.beside(id)
    if (files.has(fileId)) files.delete(fileId)
    recount(stores, id)
  }
}

function counted(files: readonly StoreFile[]): Counts {
  const of = (state: State) => files.filter(({ status }) => status === state).length
  const [in_progress, completed] = [of('in_progress'), of('completed')]
  return { in_progress, completed, failed: of('failed'), cancelled: of('cancelled'), total: files.length }
}

/** What a store says of its files. */
function recount(stores: VectorStores, id: string): void {
  const [store, files] = [stores.get(id), stores.beside(id).files.values()]
  store.file_counts = counted(files)
  store.usage_bytes = files.reduce((sum, file) => sum + file.usage_bytes, 0)
  store.status = store.file_counts.in_progress > 0 ? 'in_progress' : 'completed'
}

/** A file that somebody has asked about is done when the next asks: callers see both. */
function done(files: readonly StoreFile[]): void {
  for (const file of files)
    if (file.status === 'in_progress') Object.assign(file, { status: 'completed', usage_bytes: BYTES })
}

/** Tells the official client's helpers when to ask again, as the original does. */
const askSoon = ({ response }: Asked) => void response.setHeader('openai-poll-after-ms', '5')

export function vectorStoreRoutes(stores: VectorStores, files: Files): Routes {
  const attach = (id: string, file_id: unknown, body: Body): StoreFile => {
    if (typeof file_id !== 'string')
      throw invalid("Missing required parameter: 'file_id'.", 'file_id', 'missing_required_parameter')
    files.get(file_id)
    const file: StoreFile = {
      ...{ id: file_id, object: 'vector_store.file', created_at: now(), vector_store_id: id, status: 'in_progress' },
      ...{ usage_bytes: 0, last_error: null, attributes: body.attributes ?? {}, chunking_strategy: CHUNKING },
    }
    return stores.beside(id).files.add(file)
  }
  const toldOnce = <T extends object>(asked: Asked, one: T, what: readonly StoreFile[], also: () => void): T => {
    askSoon(asked)
    const told = structuredClone(one)
    done(what)
    recount(stores, asked.ids[0] ?? '')
    also()
    return told
  }
  return {
    ...routesOf<Store>(PATH, {
      of: () => stores,
      list: {},
      deleted: 'vector_store.deleted',
      change: ['name', 'metadata', 'expires_after'],
    }),
    ...routesOf<StoreFile>(`${PATH}/{id}/files`, {
      of: (id = '') => stores.beside(id).files,
      list,
      deleted: (file, id = '') => {
        recount(stores, id)
        return { id: file.id, object: 'vector_store.file.deleted', deleted: true }
      },
      change: ['attributes'],
    }),
    [`POST ${PATH}`]: async ({ json }) => {
      const body = await json()
      const file_ids: string[] = body.file_ids ?? []
      for (const file of file_ids) files.get(file)
      const store = addVectorStore(stores, body)
      for (const file of file_ids) attach(store.id, file, body)
      recount(stores, store.id)
      return store
    },
    [`POST ${PATH}/{id}/files`]: async ({ ids: [id = ''], json }) => {
      const body = await json()
      const file = attach(stores.get(id).id, body.file_id, body)
      recount(stores, id)
      return file
    },
    [`GET ${PATH}/{id}/files/{id}`]: (asked) => {
      const [id = '', fileId = ''] = asked.ids
      const file = stores.beside(id).files.get(fileId)
      return toldOnce(asked, file, [file], () => {})
    },
    [`GET ${PATH}/{id}/files/{id}/content`]: ({ ids: [id = '', fileId = ''] }) => {
      stores.beside(id).files.get(fileId)
      const data = [{ type: 'text', text: files.beside(fileId).text() }]
      return { object: 'vector_store.file_content.page', data, has_more: false, next_page: null }
    },
    [`POST ${PATH}/{id}/search`]: async ({ ids: [id = ''], json }) => {
      const { query, max_num_results = 10 } = await json()
      const found = stores.beside(id).files.values().slice(0, max_num_results)
      const data = found.map(({ id: file_id, attributes }) => {
        const content = [{ type: 'text', text: files.beside(file_id).text().slice(0, 200) }]
        return { file_id, filename: files.get(file_id).filename, score: 0.5, attributes, content }
      })
      const search_query = Array.isArray(query) ? query : [query]
      return { object: 'vector_store.search_results.page', search_query, data, has_more: false, next_page: null }
    },
    ...fileBatchRoutes(stores, files, attach, toldOnce),
  }
}

type Attach = (id: string, file_id: unknown, body: Body) => StoreFile
type ToldOnce = <T extends object>(asked: Asked, one: T, what: readonly StoreFile[], also: () => void) => T

function fileBatchRoutes(stores: VectorStores, files: Files, attach: Attach, toldOnce: ToldOnce): Routes {
  const path = `${PATH}/{id}/file_batches`
  const recounted = (batch: FileBatch, of: readonly StoreFile[], status?: State) => {
    const file_counts = counted(of)
    const state = file_counts.in_progress > 0 ? 'in_progress' : 'completed'
    return Object.assign(batch, { file_counts, status: status ?? state })
  }
  return {
    [`POST ${path}`]: async ({ ids: [id = ''], json }) => {
      const body = await json()
      const { batches } = stores.beside(id)
      const wanted: Body[] = body.files ?? (body.file_ids ?? []).map((file_id: string) => ({ ...body, file_id }))
      if (wanted.length === 0) throw invalid('Expected files.', 'file_ids')
      for (const { file_id } of wanted) files.get(file_id)
      const own = new Collection<StoreFile>((file) => missing.vectorStoreFile(file, id))
      for (const one of wanted) own.add(attach(id, one.file_id, one))
      recount(stores, id)
      const batch: FileBatch = {
        ...{ id: newId('vsfb_'), object: 'vector_store.files_batch', created_at: now(), vector_store_id: id },
        ...{ status: 'in_progress', file_counts: counted(own.values()) },
      }
      return batches.add(batch, own)
    },
    [`GET ${path}/{id}`]: (asked) => {
      const [id = '', batchId = ''] = asked.ids
      const { batches } = stores.beside(id)
      const [batch, own] = [batches.get(batchId), batches.beside(batchId).values()]
      if (batch.status !== 'in_progress') return batch
      return toldOnce(asked, batch, own, () => void recounted(batch, own))
    },
    [`GET ${path}/{id}/files`]: ({ ids: [id = '', batchId = ''], query }) =>
      stores.beside(id).batches.beside(batchId).list(query, list),
    [`POST ${path}/{id}/cancel`]: ({ ids: [id = '', batchId = ''] }) => {
      const { batches } = stores.beside(id)
      const [batch, own] = [batches.get(batchId), batches.beside(batchId).values()]
      if (batch.status !== 'in_progress') throw new Refusal(400, `The batch has ended: ${batch.status}.`)
      for (const file of own) if (file.status === 'in_progress') file.status = 'cancelled'
      recount(stores, id)
      return recounted(batch, own, 'cancelled')
    },
  }
}
