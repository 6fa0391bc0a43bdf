import { randomBytes } from 'node:crypto'
import { noSuch, notHere } from './failures.ts'
import { type FileObject, fileObject, type NewFile } from './file-objects.ts'
import type { Draft, Store } from './store.ts'

/** What nobody could guess. */
export const newKeptId = (prefix: 'file-' | 'upload_' | 'part_') => prefix + randomBytes(16).toString('hex')

const isFileId = (id: string) => /^file-[0-9a-f]{32}$/.test(id)

/** The files that the gate keeps itself, as the original shows them. Whose they are is not asked here: the gate has done so before. */
export class KeptFiles {
  readonly store: Store
  /** Unix seconds. */
  readonly #now: () => number

  constructor(store: Store, now: () => number) {
    this.store = store
    this.#now = now
  }

  /**
   * Keeps what was written as a file.
   * @param id what it is called; of several who keep one of the same id the first does, and all are told of that
   * @throws ApiError 507, 503
   */
  async keep(draft: Draft, about: NewFile, id: string = newKeptId('file-')): Promise<FileObject> {
    const object = fileObject(id, draft.bytes, about, this.#now())
    return (await draft.place(object, 'files', id)) ? object : this.read(id)
  }

  /** @throws ApiError 404 where it was deleted or has expired; 503 where it is not in this store */
  async read(id: string): Promise<FileObject> {
    const object = isFileId(id) ? await this.store.describe('files', id) : null
    if (object === undefined) throw notHere('File', id, this.store.name)
    const file = object as FileObject | null
    if (file === null || isOver(file, this.#now())) throw noSuch('File', id)
    return file
  }

  /** One for whoever reads its content. @throws ApiError as `read` does */
  async open(id: string): Promise<{ file: FileObject; content: AsyncGenerator<Buffer, void, void> }> {
    return { file: await this.read(id), content: this.store.content('files', id) }
  }

  /**
   * One that is not in this store is deleted all the same: it is nobody's then, whoever has its bytes.
   * @returns whether its bytes were here
   * @throws ApiError 404 where it was deleted before or has expired; 507, 503
   */
  async delete(id: string): Promise<boolean> {
    const object = isFileId(id) ? ((await this.store.describe('files', id)) as FileObject | null | undefined) : null
    if (object === null || (object !== undefined && isOver(object, this.#now()))) throw noSuch('File', id)
    await this.store.delete('files', id)
    return object !== undefined
  }
}

const isOver = ({ expires_at }: FileObject, now: number) => expires_at !== null && expires_at <= now
