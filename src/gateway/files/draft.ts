import { constants } from 'node:fs'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { storageFailure } from './failures.ts'
import { Ahead, type Room } from './room.ts'
import type { Draft, Shelf } from './store.ts'

type Place = (draft: FolderDraft, object: object, shelf: Shelf, id: string, within?: string) => Promise<boolean>

/** A draft that is a folder of its own. */
export class FolderDraft implements Draft {
  readonly path: string
  bytes = 0
  readonly #content: FileHandle
  readonly #ahead: Ahead
  readonly #place: Place
  #closed = false

  constructor(path: string, content: FileHandle, room: Room, place: Place) {
    this.path = path
    this.#content = content
    this.#ahead = new Ahead(room)
    this.#place = place
  }

  place(object: object, shelf: Shelf, id: string, within?: string): Promise<boolean> {
    return this.#place(this, object, shelf, id, within)
  }

  async write(chunk: Uint8Array): Promise<void> {
    await this.#ahead.cover(chunk.length)
    try {
      for (let at = 0; at < chunk.length; )
        at += (await this.#content.write(chunk, at, chunk.length - at, this.bytes + at)).bytesWritten
      this.bytes += chunk.length
      this.#ahead.wrote(chunk.length)
    } catch (error) {
      throw storageFailure(error)
    }
  }

  /** Has all of it on the disk, with its description. @throws what the file system does */
  async finish(name: string, description: string): Promise<void> {
    await this.#content.sync()
    await this.#close()
    const file = await open(join(this.path, name), constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600)
    try {
      await file.writeFile(description)
      await file.sync()
    } finally {
      await file.close()
    }
    await sync(this.path)
  }

  async discard(): Promise<void> {
    await this.#close().catch(() => {})
    await rm(this.path, { recursive: true, force: true }).catch(() => {})
  }

  async #close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#ahead.end()
    await this.#content.close()
  }
}

/** Has the names of what is in a folder on the disk. */
export async function sync(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
