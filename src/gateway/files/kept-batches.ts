import { hash } from 'node:crypto'
import { ApiError } from '../../contract/error.ts'
import { isObject, type JsonObject } from '../body/fields.ts'
import { missing } from '../invalid.ts'
import { notHere } from './failures.ts'
import { expiryOf, type FileObject } from './file-objects.ts'
import type { KeptFiles } from './kept-files.ts'
import type { Adding, Store } from './store.ts'

/** Whose batch it is, and what that is called to its project: those who run it look there for what it is. */
export type BatchOf = { organizationId: string; projectId: string; batchId: string }
/** A batch that the gate runs. */
export type KeptBatch = {
  id: string
  inputFileId: string
  endpoint: string
  of: BatchOf
  createdAt: number
  outputSeconds: number | null
}

export type BatchUsage = { input: number; cached: number; output: number; reasoning: number }
/** How far it is. */
export type BatchProgress = { total: number; completed: number; failed: number; usage: BatchUsage }
export type BatchEnd = BatchProgress & {
  status: 'completed' | 'expired' | 'cancelled'
  at: number
  outputFileId: string | null
  errorFileId: string | null
}

/** Seconds behind its end for which it is told how it has ended. */
const KEPT_SECONDS = 7 * 86_400
/** Seconds behind its beginning after which nobody runs it: whose it was gave it up long before. */
const LEFT_SECONDS = 14 * 86_400
const PROGRESS = 'progress.json'
const CANCELLED = 'cancelled.json'
const NOTHING: BatchProgress = {
  ...{ total: 0, completed: 0, failed: 0 },
  usage: { input: 0, cached: 0, output: 0, reasoning: 0 },
}

const endOf = (id: string) => id.replace('batch_', 'end_')
const isBatchId = (id: string) => /^batch_[0-9a-f]{32}$/.test(id)

/**
 * The batches that the gate runs itself, as a model server that has batches would show them. What becomes of each line is added to a file of whoever
 * runs it, so that two who believe that they do, as after a machine has stood still, write into none of the other's; of two answers to a line the
 * first that is found counts.
 */
export class KeptBatches {
  readonly #store: Store
  readonly #files: KeptFiles
  /** Unix seconds. */
  readonly #now: () => number

  constructor(files: KeptFiles, now: () => number) {
    this.#store = files.store
    this.#files = files
    this.#now = now
  }

  /** Makes a batch of a file: one for each, however often it is asked for. @throws ApiError 400, 404, 507, 503 */
  async create({ input_file_id, endpoint, metadata, output_expires_after: expires }: JsonObject): Promise<object> {
    if (typeof input_file_id !== 'string') throw missing('input_file_id')
    if (typeof endpoint !== 'string') throw missing('endpoint')
    await this.#files.read(input_file_id)
    const { organization_id, project_id, batch_id } = isObject(metadata) ? metadata : {}
    const of = { organizationId: String(organization_id), projectId: String(project_id), batchId: String(batch_id) }
    const id = input_file_id.replace('file-', 'batch_')
    const outputSeconds = isObject(expires) ? expiryOf(expires.anchor, expires.seconds) : null
    const batch: KeptBatch = { id, inputFileId: input_file_id, endpoint, of, createdAt: this.#now(), outputSeconds }
    await (await this.#store.draft()).place(batch, 'batches', id)
    return this.show(id)
  }

  /** @throws ApiError 404, 503 */
  async show(id: string): Promise<object> {
    const batch = await this.find(id)
    const end = await this.end(id)
    const isCancelled = end === null && (await this.isCancelled(id))
    const text = end === null ? await this.#store.readBeside('batches', id, PROGRESS) : null
    const progress: BatchProgress = end ?? (text === null ? NOTHING : JSON.parse(text))
    const { total, completed, failed, usage } = progress
    return {
      ...{ id, object: 'batch', endpoint: batch.endpoint, input_file_id: batch.inputFileId, errors: null },
      status: end?.status ?? (isCancelled ? 'cancelling' : 'in_progress'),
      ...{ created_at: batch.createdAt, in_progress_at: batch.createdAt },
      ...(end && { [`${end.status}_at`]: end.at, finalizing_at: end.at }),
      ...{ output_file_id: end?.outputFileId ?? null, error_file_id: end?.errorFileId ?? null },
      request_counts: { total, completed, failed },
      usage: {
        ...{ input_tokens: usage.input, input_tokens_details: { cached_tokens: usage.cached } },
        ...{ output_tokens: usage.output, output_tokens_details: { reasoning_tokens: usage.reasoning } },
        total_tokens: usage.input + usage.output,
      },
    }
  }

  /** Asks for its end; who runs it brings it there. @throws ApiError 404, 507, 503 */
  async cancel(id: string): Promise<object> {
    await this.find(id)
    await this.#store.writeBeside('batches', id, CANCELLED, '{}')
    return this.show(id)
  }

  /** @throws ApiError 503 */
  async isCancelled(id: string): Promise<boolean> {
    return (await this.#store.readBeside('batches', id, CANCELLED)) !== null
  }

  /** How it has ended; null: it has not. @throws ApiError 503 */
  async end(id: string): Promise<BatchEnd | null> {
    return ((await this.#store.describe('batches', endOf(id), id)) as BatchEnd | null | undefined) ?? null
  }

  /** Some of the lines that it is made of. @returns fewer bytes than asked for only where they end @throws ApiError 503 */
  readInput({ inputFileId }: KeptBatch, at: number, bytes: number): Promise<Buffer> {
    return this.#store.stretch('files', inputFileId, at, bytes)
  }

  /**
   * Where whoever runs it adds what becomes of its lines. Nothing is there before something is added.
   * @param runner a name of their own @param signal ends all waiting
   * @throws ApiError 507, 503
   */
  addTo(id: string, runner: string, signal: AbortSignal): Promise<Adding> {
    return this.#store.adding('batches', id, runner, signal)
  }

  /** Whether there is room for what becomes of a line: to be asked before it is begun, since what was answered is paid for. @throws ApiError 507, 503 */
  checkRoom(): Promise<void> {
    return this.#store.checkRoom()
  }

  /** All that runners have written. @throws ApiError 503 */
  results(id: string): AsyncIterable<AsyncIterable<Buffer>> {
    return this.#store.added('batches', id)
  }

  /** @throws ApiError 507, 503 */
  tell(id: string, progress: BatchProgress): Promise<void> {
    return this.#store.writeBeside('batches', id, PROGRESS, JSON.stringify(progress))
  }

  /**
   * Keeps some of the results as a file: whoever does so again is told of the same.
   * @param pieces of it @returns its id; null where there are none
   * @throws ApiError 507, 503
   */
  async keepResults(
    { id, of, outputSeconds }: KeptBatch,
    which: 'output' | 'error',
    pieces: AsyncIterable<Buffer>,
  ): Promise<string | null> {
    const draft = await this.#store.draft()
    try {
      for await (const piece of pieces) await draft.write(piece)
      if (draft.bytes === 0) {
        await draft.discard()
        return null
      }
      const fileId = `file-${hash('sha256', `${id} ${which}`).slice(0, 32)}`
      const about = { filename: `${of.batchId}_${which}.jsonl`, purpose: 'batch_output', expiresAfter: outputSeconds }
      const file: FileObject = await this.#files.keep(draft, about, fileId)
      return file.id
    } catch (error) {
      await draft.discard()
      throw error
    }
  }

  /** Ends it, once. @throws ApiError 507, 503 */
  async conclude(id: string, end: BatchEnd): Promise<void> {
    await (await this.#store.endDraft()).place(end, 'batches', endOf(id), id)
  }

  /** Whether nobody asks about it any more: it has ended for long, or should have, and its results are files of their own. @throws ApiError 503 */
  async isOver(id: string): Promise<boolean> {
    const end = await this.end(id)
    if (end !== null) return end.at + KEPT_SECONDS <= this.#now()
    const batch = (await this.#store.describe('batches', id)) as KeptBatch | null | undefined
    return batch ? batch.createdAt + LEFT_SECONDS <= this.#now() : false
  }

  /** @throws ApiError 404; 503 where it is not in this store */
  async find(id: string): Promise<KeptBatch> {
    const batch = isBatchId(id) ? ((await this.#store.describe('batches', id)) as KeptBatch | null | undefined) : null
    if (batch === undefined) throw notHere('Batch', id, this.#store.name)
    if (batch === null) throw new ApiError('object_not_found', `No batch found with id '${id}'.`, { param: 'batch_id' })
    return batch
  }
}
