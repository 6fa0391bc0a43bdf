import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { lstat, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { FolderDraft, sync } from './draft.ts'
import { isMissing, isTaken, storageFailure } from './failures.ts'
import { FolderAdding, newest, piecesOf, stretchOf } from './folder-files.ts'
import { freeOn, Room } from './room.ts'
import { isKeptId, type Shelf, type Store, shelves } from './store.ts'

const DRAFTS = 'drafts'
/** What says of a thing that it was deleted, until it is swept away. */
const DELETED = 'deleted'
const OBJECT = 'object.json'
/** Bytes of the longest description of a thing. */
const MOST_OBJECT = 65_536
/** How the names end of what is added to. */
const ADDED = '.added'
const SWEEP_MS = 600_000
/** Milliseconds after which nobody writes any more to what nobody has written to: a client that stands still is cut long before. */
const LEFT_MS = 3_600_000
/** Of what is opened: a link that somebody put there leads nowhere. */
const READ = constants.O_RDONLY | constants.O_NOFOLLOW

/**
 * A store that is a folder. A thing is a folder in it with a description and, where it has one, a content. It is written as a draft, and has its place by one act
 * of the file system when it is whole and on the disk. Nothing that a client says is ever part of a path.
 */
export class Folder implements Store {
  readonly name: string
  readonly sweepMs = SWEEP_MS
  readonly #path: string
  readonly #room: Room

  private constructor(path: string, room: Room) {
    this.name = path
    this.#path = path
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

  async draft(): Promise<FolderDraft> {
    await this.checkRoom()
    return this.endDraft()
  }

  async endDraft(): Promise<FolderDraft> {
    try {
      const path = this.#newDraft()
      await mkdir(path, { mode: 0o700 })
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL
      return new FolderDraft(path, await open(join(path, 'content'), flags, 0o600), this.#room, this.#place)
    } catch (error) {
      throw storageFailure(error)
    }
  }

  checkRoom(): Promise<void> {
    return this.#room.take(0)
  }

  #place = async (draft: FolderDraft, object: object, shelf: Shelf, id: string, within?: string): Promise<boolean> => {
    try {
      await draft.finish(OBJECT, JSON.stringify(object))
      const place = this.#placeOf(shelf, id, within)
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

  async describe(shelf: Shelf, id: string, within?: string): Promise<object | null | undefined> {
    const place = this.#placeOf(shelf, id, within)
    try {
      if (!(await lstat(place)).isDirectory()) return undefined
      if (await isThere(join(place, DELETED))) return null
      return JSON.parse(await readText(join(place, OBJECT)))
    } catch (error) {
      if (isMissing(error)) return undefined
      throw storageFailure(error)
    }
  }

  content(shelf: Shelf, id: string, within?: string): AsyncGenerator<Buffer, void, void> {
    return piecesOf(join(this.#placeOf(shelf, id, within), 'content'))
  }

  stretch(shelf: Shelf, id: string, at: number, bytes: number): Promise<Buffer> {
    return stretchOf(join(this.#placeOf(shelf, id), 'content'), at, bytes)
  }

  async bytesOf(shelf: Shelf, id: string, within?: string): Promise<number> {
    try {
      return (await lstat(join(this.#placeOf(shelf, id, within), 'content'))).size
    } catch (error) {
      throw storageFailure(error)
    }
  }

  async adding(shelf: Shelf, id: string, name: string): Promise<FolderAdding> {
    return new FolderAdding(join(this.#placeOf(shelf, id), `${name}${ADDED}`))
  }

  async *added(shelf: Shelf, id: string): AsyncGenerator<AsyncGenerator<Buffer, void, void>> {
    const place = this.#placeOf(shelf, id)
    const names = (await namesIn(place)).filter((name) => name.endsWith(ADDED)).sort()
    for (const name of names) yield piecesOf(join(place, name))
  }

  async writeBeside(shelf: Shelf, id: string, name: string, text: string): Promise<void> {
    const draft = this.#newDraft()
    try {
      await writeFile(draft, text, { flag: 'wx', mode: 0o600 })
      await rename(draft, join(this.#placeOf(shelf, id), name))
    } catch (error) {
      throw storageFailure(error)
    }
  }

  async readBeside(shelf: Shelf, id: string, name: string): Promise<string | null> {
    try {
      return await readText(join(this.#placeOf(shelf, id), name))
    } catch (error) {
      if (isMissing(error)) return null
      throw storageFailure(error)
    }
  }

  async delete(shelf: Shelf, id: string): Promise<boolean> {
    const place = this.#placeOf(shelf, id)
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

  async removeWithin(shelf: Shelf, id: string, beginning: string): Promise<void> {
    const place = this.#placeOf(shelf, id)
    const names = await namesIn(place)
    for (const name of names) if (name.startsWith(beginning)) await this.#remove(join(place, name)).catch(() => {})
  }

  async *all(shelf: Shelf): AsyncGenerator<string> {
    for (const shard of await namesIn(join(this.#path, shelf))) {
      for (const id of await namesIn(join(this.#path, shelf, shard))) if (isKeptId(id)) yield id
    }
  }

  /** By the file system's own time: nobody sets that. */
  async isLeft(shelf: Shelf, id: string): Promise<boolean> {
    return isOld(this.#placeOf(shelf, id))
  }

  remove(shelf: Shelf, id: string): Promise<void> {
    return this.#remove(this.#placeOf(shelf, id))
  }

  async removeLeft(signal: AbortSignal): Promise<number> {
    const drafts = join(this.#path, DRAFTS)
    let removed = 0
    for (const name of await readdir(drafts)) {
      if (signal.aborted) break
      try {
        if (!(await isOld(join(drafts, name)))) continue
        await this.#remove(join(drafts, name))
        removed++
      } catch (error) {
        // Somebody else may have taken it away.
        if (!isMissing(error)) throw error
      }
    }
    return removed
  }

  /** Takes something away from its place at once, and then its bytes. */
  async #remove(place: string): Promise<void> {
    const draft = this.#newDraft()
    await rename(place, draft)
    await rm(draft, { recursive: true, force: true })
  }

  /** @param id one that the gate has made, or that looks like it */
  #placeOf(shelf: Shelf, id: string, within?: string): string {
    if (!isKeptId(id)) throw new Error('not an id of ours')
    return within === undefined ? join(this.#shard(shelf, id), id) : join(this.#placeOf(shelf, within), id)
  }

  #newDraft = () => join(this.#path, DRAFTS, randomBytes(16).toString('hex'))

  /** Ids are random, so that their ends are spread. */
  #shard = (shelf: Shelf, id: string) => join(this.#path, shelf, id.slice(-2))
}

/** Nothing where it cannot be read. */
const namesIn = (path: string) => readdir(path).catch((): string[] => [])

const isOld = async (place: string) => (await newest(place)) < Date.now() - LEFT_MS

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
