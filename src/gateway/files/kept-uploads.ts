import { createHash } from 'node:crypto'
import { ApiError } from '../../contract/error.ts'
import { isObject, type JsonObject } from '../body/fields.ts'
import { missing, wrongType, wrongValue } from '../invalid.ts'
import { noSuch, notHere } from './failures.ts'
import { checkPurpose, expiryOf, type FileObject, type NewFile } from './file-objects.ts'
import { type KeptFiles, newKeptId } from './kept-files.ts'
import type { Draft, Store } from './store.ts'

/** An upload as the original shows it. */
export type UploadObject = {
  id: string
  object: 'upload'
  bytes: number
  created_at: number
  expires_at: number
  filename: string
  purpose: string
  status: 'pending' | 'completed' | 'cancelled'
  file: FileObject | null
}
type PartObject = { id: string; object: 'upload.part'; created_at: number; upload_id: string }
/** What is kept of it: also what its file will be called, so that who completes it again after a crash makes no other. */
type Kept = { shown: UploadObject; fileId: string; expiresAfter: number | null }
/** How one has ended; of a completed one also what its parts are known by, as `partsSum` says: who names the same again is told of the same file. */
type End = UploadObject & { parts?: string }

/** Seconds for which parts can be added. */
const UPLOAD_SECONDS = 3600
const MOST_BYTES = 8 * 1024 ** 3

const isIdOf = (prefix: 'upload_' | 'part_', id: string) => new RegExp(`^${prefix}[0-9a-f]{32}$`).test(id)
/** Where the end of an upload stands, of which there is one. */
const endIdOf = (id: string) => id.replace('upload_', 'end_')

/** Files that come in parts. */
export class KeptUploads {
  readonly #store: Store
  readonly #files: KeptFiles
  /** Unix seconds. */
  readonly #now: () => number
  /** Until when those are busy that are being completed. */
  readonly #completing = new Map<string, Promise<void>>()

  constructor(files: KeptFiles, now: () => number) {
    this.#store = files.store
    this.#files = files
    this.#now = now
  }

  /** @throws ApiError 400 for what is asked; 507, 503 */
  async create(body: JsonObject): Promise<UploadObject> {
    const { bytes, filename, purpose, expires_after: expires } = body
    for (const name of ['bytes', 'filename', 'mime_type', 'purpose'] as const) {
      const value = body[name]
      if (value === undefined || value === null) throw missing(name)
      if (name !== 'bytes' && typeof value !== 'string') throw wrongType(name, 'a string', value)
    }
    checkPurpose(purpose, filename)
    if (typeof bytes !== 'number' || !Number.isInteger(bytes) || bytes < 1 || bytes > MOST_BYTES)
      throw wrongValue('bytes', `expected an integer from 1 to ${MOST_BYTES}.`)
    if (expires !== undefined && expires !== null && !isObject(expires))
      throw wrongType('expires_after', 'an object', expires)
    const expiresAfter = isObject(expires) ? expiryOf(expires.anchor, expires.seconds) : null
    const [id, now] = [newKeptId('upload_'), this.#now()]
    const times = { created_at: now, expires_at: now + UPLOAD_SECONDS }
    const shown: UploadObject = {
      ...{
        id,
        object: 'upload',
        bytes,
        ...times,
        filename: filename as string,
        purpose,
        status: 'pending',
        file: null,
      },
    }
    const kept: Kept = { shown, fileId: newKeptId('file-'), expiresAfter }
    await (await this.#store.draft()).place(kept, 'uploads', id)
    return shown
  }

  /** Adds what was written to an upload. @throws ApiError 400 where it has ended, 404, 507, 503 */
  async addPart(id: string, draft: Draft): Promise<PartObject> {
    try {
      await this.#pending(id)
    } catch (error) {
      await draft.discard()
      throw error
    }
    const part: PartObject = { id: newKeptId('part_'), object: 'upload.part', created_at: this.#now(), upload_id: id }
    await draft.place(part, 'uploads', part.id, id)
    return part
  }

  /**
   * Makes the file of the parts, in the order in which they are named. Whoever does so again because they heard of no end are told of the same file.
   * @throws ApiError 400 where the parts are not what was announced, or the upload has ended; 404, 507, 503
   */
  async complete(id: string, body: JsonObject): Promise<UploadObject> {
    // One behind the other: each joins the parts anew, and what several have joined at once would be as many times the upload.
    const before = this.#completing.get(id)
    const completed = (before ?? Promise.resolve()).then(() => this.#complete(id, body))
    const after = completed.then(nothing, nothing)
    this.#completing.set(id, after)
    try {
      return await completed
    } finally {
      if (this.#completing.get(id) === after) this.#completing.delete(id)
    }
  }

  async #complete(id: string, { part_ids, md5 }: JsonObject): Promise<UploadObject> {
    const { kept, end } = await this.#find(id)
    if (!isPartIds(part_ids)) throw wrongValue('part_ids', 'expected a list of ids.')
    const parts = partsSum(part_ids)
    if (end !== null) return await this.#completedBefore(end, parts)
    const { shown, fileId, expiresAfter } = kept
    if (md5 !== undefined && md5 !== null && typeof md5 !== 'string') throw wrongType('md5', 'a string', md5)
    const { filename, purpose } = shown
    const draft = await this.#joined(shown, part_ids, typeof md5 === 'string' ? md5 : null)
    const about: NewFile = { filename, purpose, expiresAfter }
    const file = await this.#files.keep(draft, about, fileId).catch(async (error) => {
      // Somebody else may have ended it meanwhile, and the file as well.
      await this.#pending(id)
      throw error
    })
    const ended = await this.#end(id, { ...shown, status: 'completed', file, parts })
    if (ended.status !== 'completed') await this.#files.delete(fileId).catch(() => {})
    return completedOf(ended, parts)
  }

  /** What who heard of no end is told again, as long as the file is there. @throws ApiError 400, 503 */
  async #completedBefore(end: End, parts: string): Promise<UploadObject> {
    const upload = completedOf(end, parts)
    await this.#files.read(upload.file?.id ?? '').catch((error: ApiError) => {
      throw error.status === 404 ? hasEnded(end) : error
    })
    return upload
  }

  /** @throws ApiError 400 where it has ended, 404, 507, 503 */
  async cancel(id: string): Promise<UploadObject> {
    const { shown } = await this.#pending(id)
    const ended = await this.#end(id, { ...shown, status: 'cancelled' })
    if (ended.status !== 'cancelled') throw hasEnded(ended)
    return ended
  }

  /** Whether nobody can add to it, complete it or ask for it any more. @throws ApiError 503 */
  async isOver(id: string): Promise<boolean> {
    const kept = (await this.#store.describe('uploads', id)) as Kept | undefined
    return kept !== undefined && kept.shown.expires_at + UPLOAD_SECONDS <= this.#now()
  }

  /** One that has not ended. @throws ApiError 400 where it has; 404, 503 */
  async #pending(id: string): Promise<Kept> {
    const { kept, end } = await this.#find(id)
    if (end !== null) throw hasEnded(end)
    return kept
  }

  async #find(id: string): Promise<{ kept: Kept; end: End | null }> {
    const known = isIdOf('upload_', id)
    const kept = known ? ((await this.#store.describe('uploads', id)) as Kept | null | undefined) : null
    if (kept === undefined) throw notHere('Upload', id, this.#store.name)
    if (kept === null || kept.shown.expires_at <= this.#now()) throw noSuch('Upload', id)
    return { kept, end: await this.#endOf(id) }
  }

  async #endOf(id: string): Promise<End | null> {
    return ((await this.#store.describe('uploads', endIdOf(id), id)) as End | null | undefined) ?? null
  }

  /** Of several who end it at the same time one does. @returns how it has ended */
  async #end(id: string, ended: End): Promise<End> {
    const draft = await this.#store.endDraft()
    if (await draft.place(ended, 'uploads', endIdOf(id), id)) {
      await this.#store.removeWithin('uploads', id, 'part_')
      return ended
    }
    return (await this.#endOf(id)) as End
  }

  async #joined({ id, bytes }: UploadObject, parts: readonly string[], md5: string | null): Promise<Draft> {
    await this.#checkParts(id, parts, bytes)
    const draft = await this.#store.draft()
    const digest = md5 === null ? null : createHash('md5')
    try {
      for (const part of parts) await this.#append(draft, id, part, bytes, digest)
      if (draft.bytes !== bytes) throw otherBytes(bytes, String(draft.bytes))
      if (digest !== null && digest.digest('hex') !== md5?.toLowerCase())
        throw wrongValue('md5', 'the parts have another checksum.')
      return draft
    } catch (error) {
      await draft.discard()
      throw error
    }
  }

  /** Nothing is copied of parts that do not make the upload. @throws ApiError 400, 404, 503 */
  async #checkParts(id: string, parts: readonly string[], bytes: number): Promise<void> {
    if (new Set(parts).size < parts.length) throw wrongValue('part_ids', 'a part is named more than once.')
    let sum = 0
    for (const part of parts) {
      if (!isIdOf('part_', part) || !(await this.#store.describe('uploads', part, id)))
        throw noSuch('Part', part, 'part_ids')
      sum += await this.#store.bytesOf('uploads', part, id)
    }
    if (sum !== bytes) throw otherBytes(bytes, String(sum))
  }

  async #append(draft: Draft, id: string, part: string, most: number, digest: ReturnType<typeof createHash> | null) {
    for await (const piece of this.#store.content('uploads', part, id)) {
      if (draft.bytes + piece.length > most) throw otherBytes(most, 'more')
      digest?.update(piece)
      await draft.write(piece)
    }
  }
}

const nothing = () => {}

const isPartIds = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string')

/** One text for the same parts in the same order, however many they are. */
const partsSum = (parts: readonly string[]) => createHash('sha256').update(JSON.stringify(parts)).digest('hex')

/** What is shown of one that these parts have completed. @throws ApiError 400 of one that has ended in another way */
function completedOf(end: End, wanted: string): UploadObject {
  const { parts, ...shown } = end
  if (shown.status !== 'completed' || parts !== wanted) throw hasEnded(end)
  return shown
}

const otherBytes = (announced: number, got: string) =>
  wrongValue('part_ids', `the upload was announced with ${announced} bytes, and the parts have ${got}.`)

const hasEnded = ({ id, status }: UploadObject) =>
  new ApiError('invalid_value', `Upload ${id} is ${status} and cannot be changed.`, { param: 'id' })
