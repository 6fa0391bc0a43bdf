import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Draft, sync } from './draft.ts'
import { isMissing, isTaken, storageFailure } from './failures.ts'
import { freeOn, Room } from './room.ts'

/** The kinds of things that stand in the folder, each in one of its own. */
const shelves = ['files', 'uploads', 'batches'] as const
export type Shelf = (typeof shelves)[number]

const DRAFTS = 'drafts'
/** What says of a thing that it was deleted, until it is swept away. */
const DELETED = 'deleted'
const OBJECT = 'object.json'
/** Bytes of the longest description of a thing. */
const MOST_OBJECT = 65_536
/** What things are called here. */
const ID = /^(file-|upload_|part_|batch_|end_)[0-9a-f]{32}$/
/** Of what is opened: a link that somebody put there leads nowhere. */
const READ = constants.O_RDONLY | constants.O_NOFOLLOW

/**
 * Where the gate keeps what it keeps itself. A thing is a folder with a description and, where it has one, a content. It is written as a draft, and has its
 * place by one act of the file system when it is whole and on the disk: so what stands in a place is whole, whatever becomes of whoever wrote it, and several
 * threads, or nodes that share the folder, need no other agreement. Nothing that a client says is ever part of a path.
 */
export class Folder {
  readonly path: string
  readonly #room: Room

  private constructor(path: string, room: Room) {
    this.path = path
    this.#room = room
  }

  /** @throws Error where the folder is not there and cannot be made, or cannot be written to */
  static async open(path: string, room = new Room(() => freeOn(path))): Promise<Folder> {
    const folder = new Folder(path, room)
    await mkdir(join(path, DRAFTS), { recursive: true, mode: 0o700 })
    for (const shelf of shelves) await mkdir(join(path, shelf), { recursive: true, mode: 0o700 })
    const probe = join(path, DRAFTS, randomBytes(16).toString('hex'))
    await mkdir(probe, { mode: 0o700 })
    await rm(probe, { recursive: true })
    return folder
  }

  /** Something new. @throws ApiError 507 where there is no room for more, 503 where the folder cannot be written to */
  async draft(): Promise<Draft> {
    await this.checkRoom()
    return this.endDraft()
  }

  /**
   * What only says how something has ended: no room is asked for it, since it gives back more than it takes, and has to be possible where all is full.
   * @throws ApiError 507 where the file system takes no more at all, 503
   */
  async endDraft(): Promise<Draft> {
    try {
      const path = this.#newDraft()
      await mkdir(path, { mode: 0o700 })
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL
      return new Draft(path, await open(join(path, 'content'), flags, 0o600), this.#room)
    } catch (error) {
      throw storageFailure(error)
    }
  }

  /** @throws ApiError 507 */
  checkRoom(): Promise<void> {
    return this.#room.take(0)
  }

  /**
   * Gives a draft its place, and it is there for everybody.
   * @param within another thing, as a part of it
   * @returns whether the place was free; the draft is gone where it was not
   * @throws ApiError 507, 503: the draft is gone then
   */
  async place(draft: Draft, object: object, shelf: Shelf, id: string, within?: string): Promise<boolean> {
    try {
      await draft.finish(OBJECT, JSON.stringify(object))
      const place = this.placeOf(shelf, id, within)
      const parent = dirname(place)
      const made = within === undefined && (await mkdir(parent, { recursive: true, mode: 0o700 })) !== undefined
      if (made) await sync(dirname(parent))
      await rename(draft.path, place)
      await sync(parent)
      return true
    } catch (error) {
      await draft.discard()
      if (isTaken(error)) return false
      throw storageFailure(error)
    }
  }

  /** What is said of something; null: it was deleted; undefined: there is no such thing in this folder. @throws ApiError 503 */
  async describe(shelf: Shelf, id: string, within?: string): Promise<object | null | undefined> {
    const place = this.placeOf(shelf, id, within)
    try {
      if (!(await lstat(place)).isDirectory()) return undefined
      if (await isThere(join(place, DELETED))) return null
      return JSON.parse(await readText(join(place, OBJECT)))
    } catch (error) {
      if (isMissing(error)) return undefined
      throw storageFailure(error)
    }
  }

  /** Opens the content of something. @throws ApiError 503, also where it has gone meanwhile */
  async content(shelf: Shelf, id: string, within?: string): Promise<FileHandle> {
    try {
      return await open(join(this.placeOf(shelf, id, within), 'content'), READ)
    } catch (error) {
      throw storageFailure(error)
    }
  }

  /** How many bytes the content of something has. @throws ApiError 503, also where it has gone meanwhile */
  async bytesOf(shelf: Shelf, id: string, within?: string): Promise<number> {
    try {
      return (await lstat(join(this.placeOf(shelf, id, within), 'content'))).size
    } catch (error) {
      throw storageFailure(error)
    }
  }

  /** The names of what was written beside something. */
  beside(shelf: Shelf, id: string): Promise<string[]> {
    return namesIn(this.placeOf(shelf, id))
  }

  /** Opens what is written beside something, for its reader or for who adds to it. @throws ApiError 503, 507 */
  async openBeside(shelf: Shelf, id: string, name: string, isAdded = false): Promise<FileHandle> {
    const added = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW
    try {
      return await open(join(this.placeOf(shelf, id), name), isAdded ? added : READ, 0o600)
    } catch (error) {
      throw storageFailure(error)
    }
  }

  /** Writes something small beside something, in place of what was there of that name. @throws ApiError 503, 507 */
  async writeBeside(shelf: Shelf, id: string, name: string, text: string): Promise<void> {
    const draft = this.#newDraft()
    try {
      await writeFile(draft, text, { flag: 'wx', mode: 0o600 })
      await rename(draft, join(this.placeOf(shelf, id), name))
    } catch (error) {
      throw storageFailure(error)
    }
  }

  /** What was so written; null: nothing. @throws ApiError 503 */
  async readBeside(shelf: Shelf, id: string, name: string): Promise<string | null> {
    try {
      return await readText(join(this.placeOf(shelf, id), name))
    } catch (error) {
      if (isMissing(error)) return null
      throw storageFailure(error)
    }
  }

  /** Deletes something for good: nobody finds it from now on, also where it is in no folder of this node. @returns whether it was there */
  async delete(shelf: Shelf, id: string): Promise<boolean> {
    const place = this.placeOf(shelf, id)
    try {
      const wasThere = await isThere(join(place, OBJECT))
      await mkdir(place, { recursive: true, mode: 0o700 })
      await writeFile(join(place, DELETED), '', { flag: 'wx', mode: 0o600 })
      await sync(place)
      await rm(join(place, 'content'), { force: true })
      return wasThere
    } catch (error) {
      if (isTaken(error)) return false
      throw storageFailure(error)
    }
  }

  /** Where something has its place. @param id one that the gate has made, or that looks like it */
  placeOf(shelf: Shelf, id: string, within?: string): string {
    if (!ID.test(id)) throw new Error('not an id of ours')
    return within === undefined ? join(this.#shard(shelf, id), id) : join(this.placeOf(shelf, within), id)
  }

  /** The places of what stands on a shelf; what else somebody has put there is nothing of ours. */
  async *all(shelf: Shelf): AsyncGenerator<string> {
    for (const shard of await namesIn(join(this.path, shelf))) {
      for (const id of await namesIn(join(this.path, shelf, shard)))
        if (ID.test(id)) yield join(this.path, shelf, shard, id)
    }
  }

  /** What has been begun, and is no thing yet. */
  async drafts(): Promise<string[]> {
    return (await readdir(join(this.path, DRAFTS))).map((name) => join(this.path, DRAFTS, name))
  }

  /** Takes something away from its place at once, and then its bytes. */
  async remove(place: string): Promise<void> {
    const draft = this.#newDraft()
    await rename(place, draft)
    await rm(draft, { recursive: true, force: true })
  }

  /** Takes away parts of something, whose names begin so. Never throws: what is left is swept away with it. */
  async removeWithin(shelf: Shelf, id: string, beginning: string): Promise<void> {
    const place = this.placeOf(shelf, id)
    const names = await namesIn(place)
    for (const name of names) if (name.startsWith(beginning)) await this.remove(join(place, name)).catch(() => {})
  }

  #newDraft = () => join(this.path, DRAFTS, randomBytes(16).toString('hex'))

  /** Ids are random, so that their ends are spread. */
  #shard = (shelf: Shelf, id: string) => join(this.path, shelf, id.slice(-2))
}

/** Nothing where it cannot be read. */
const namesIn = (path: string) => readdir(path).catch((): string[] => [])

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}

async function readText(path: string): Promise<string> {
  const file = await open(path, READ)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MOST_OBJECT), 0, MOST_OBJECT, 0)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await file.close()
  }
}
