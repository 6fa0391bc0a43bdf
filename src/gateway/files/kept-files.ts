import { randomBytes } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import type { Draft } from './draft.ts'
import { noSuch, notHere } from './failures.ts'
import { type FileObject, fileObject, type NewFile } from './file-objects.ts'
import type { Folder } from './folder.ts'

/** What nobody could guess. */
export const newKeptId = (prefix: 'file-' | 'upload_' | 'part_') => prefix + randomBytes(16).toString('hex')

const isFileId = (id: string) => /^file-[0-9a-f]{32}$/.test(id)

/** The files that the gate keeps itself, as the original shows them. Whose they are is not asked here: the gate has done so before. */
export class KeptFiles {
  readonly folder: Folder
  /** Unix seconds. */
  readonly #now: () => number

  constructor(folder: Folder, now: () => number) {
    this.folder = folder
    this.#now = now
  }

  /**
   * Keeps what was written as a file.
   * @param id what it is called; of several who keep one of the same id the first does, and all are told of that
   * @throws ApiError 507, 503
   */
  async keep(draft: Draft, about: NewFile, id: string = newKeptId('file-')): Promise<FileObject> {
    const object = fileObject(id, draft.bytes, about, this.#now())
    return (await this.folder.place(draft, object, 'files', id)) ? object : this.read(id)
  }

  /** @throws ApiError 404 where it was deleted or has expired; 503 where it is not in this folder */
  async read(id: string): Promise<FileObject> {
    const object = isFileId(id) ? await this.folder.describe('files', id) : null
    if (object === undefined) throw notHere('File', id, this.folder.path)
    const file = object as FileObject | null
    if (file === null || isOver(file, this.#now())) throw noSuch('File', id)
    return file
  }

  /** Opens one for whoever reads its content; to be closed. @throws ApiError as `read` does */
  async open(id: string): Promise<{ file: FileObject; content: FileHandle }> {
    const file = await this.read(id)
    return { file, content: await this.folder.content('files', id) }
  }

  /**
   * One that is not in this folder is deleted all the same: it is nobody's then, whoever has its bytes.
   * @returns whether its bytes were here
   * @throws ApiError 404 where it was deleted before or has expired; 507, 503
   */
  async delete(id: string): Promise<boolean> {
    const object = isFileId(id) ? ((await this.folder.describe('files', id)) as FileObject | null | undefined) : null
    if (object === null || (object !== undefined && isOver(object, this.#now()))) throw noSuch('File', id)
    await this.folder.delete('files', id)
    return object !== undefined
  }
}

const isOver = ({ expires_at }: FileObject, now: number) => expires_at !== null && expires_at <= now
