import { randomBytes } from 'node:crypto'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { storageFailure } from '../failures.ts'
import { Ahead, type Room } from '../room.ts'
import type { Draft, Shelf } from '../store.ts'

type Place = (draft: Spooled, object: object, shelf: Shelf, id: string, within?: string) => Promise<boolean>

/**
 * A draft of what will be in a bucket, on this node's disk: a client may be slow, leave, or send what is refused, and none of that concerns the
 * bucket or holds memory. The file has no name, so that nothing is left of it whatever happens to the process; without a content there is none.
 */
export class Spooled implements Draft {
  bytes = 0
  readonly #ahead: Ahead
  readonly #place: Place
  #file: FileHandle | null = null
  #isClosed = false

  constructor(room: Room, place: Place) {
    this.#ahead = new Ahead(room)
    this.#place = place
  }

  async write(chunk: Uint8Array): Promise<void> {
    await this.#ahead.cover(chunk.length)
    try {
      this.#file ??= await openNameless()
      for (let at = 0; at < chunk.length; )
        at += (await this.#file.write(chunk, at, chunk.length - at, this.bytes + at)).bytesWritten
      this.bytes += chunk.length
      this.#ahead.wrote(chunk.length)
    } catch (error) {
      throw storageFailure(error)
    }
  }

  place(object: object, shelf: Shelf, id: string, within?: string): Promise<boolean> {
    return this.#place(this, object, shelf, id, within)
  }

  /** Reads into a buffer, from a position of the content on. @throws ApiError 503 */
  async read(into: Buffer, from: number): Promise<void> {
    try {
      for (let at = 0; at < into.length; ) {
        const { bytesRead = 0 } = (await this.#file?.read(into, at, into.length - at, from + at)) ?? {}
        if (bytesRead === 0) throw new Error('what was written down of a file is not there any more')
        at += bytesRead
      }
    } catch (error) {
      throw storageFailure(error)
    }
  }

  async discard(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#ahead.end()
    await this.#file?.close().catch(() => {})
  }
}

async function openNameless(): Promise<FileHandle> {
  const path = join(tmpdir(), `gatehouse-${randomBytes(16).toString('hex')}`)
  const file = await open(path, 'wx+', 0o600)
  try {
    await unlink(path)
  } catch (error) {
    await file.close()
    throw error
  }
  return file
}
