import { constants } from 'node:fs'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { storageFailure } from './failures.ts'
import type { Room } from './room.ts'

/** Bytes for which room is taken at once: what other threads have so is not seen. */
const AHEAD = 4 * 1024 * 1024

/** Something that is being written and that nobody finds. */
export class Draft {
  readonly path: string
  bytes = 0
  readonly #content: FileHandle
  readonly #room: Room
  /** Bytes that it has room for and has not written. */
  #ahead = 0
  #closed = false

  constructor(path: string, content: FileHandle, room: Room) {
    this.path = path
    this.#content = content
    this.#room = room
  }

  /** Writes the next bytes of the content; one call after the other. @throws ApiError 507, 503 */
  async write(chunk: Uint8Array): Promise<void> {
    if (chunk.length > this.#ahead) {
      const more = Math.max(AHEAD, chunk.length)
      await this.#room.take(more)
      this.#ahead += more
    }
    try {
      for (let at = 0; at < chunk.length; )
        at += (await this.#content.write(chunk, at, chunk.length - at, this.bytes + at)).bytesWritten
      this.bytes += chunk.length
      this.#giveBack(chunk.length)
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

  /** Nothing comes of it. Never throws: what is left of it is swept away. */
  async discard(): Promise<void> {
    await this.#close().catch(() => {})
    await rm(this.path, { recursive: true, force: true }).catch(() => {})
  }

  async #close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#giveBack(this.#ahead)
    await this.#content.close()
  }

  #giveBack(bytes: number): void {
    this.#ahead -= bytes
    this.#room.giveBack(bytes)
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
