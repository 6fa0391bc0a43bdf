import { constants } from 'node:fs'
import { type FileHandle, lstat, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { storageFailure } from './failures.ts'
import type { Adding } from './store.ts'

/** Bytes that are read at once. */
const AT_ONCE = 131_072
const ADD = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW

/** What a file has, from its beginning. A link that somebody put in its place leads nowhere. @throws ApiError 503 */
export async function* piecesOf(path: string): AsyncGenerator<Buffer, void, void> {
  let file: FileHandle | null = null
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
    for (;;) {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafeSlow(AT_ONCE), 0, AT_ONCE, null)
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    }
  } catch (error) {
    throw storageFailure(error)
  } finally {
    await file?.close()
  }
}

/** Adds to a file. */
export class FolderAdding implements Adding {
  readonly #file: FileHandle
  #written: Promise<void> = Promise.resolve()

  private constructor(file: FileHandle) {
    this.#file = file
  }

  /** @throws ApiError 507, 503 */
  static async open(path: string): Promise<FolderAdding> {
    try {
      return new FolderAdding(await open(path, ADD, 0o600))
    } catch (error) {
      throw storageFailure(error)
    }
  }

  /** One behind the other, so that no text stands within another. */
  add(text: string, kept: () => void): Promise<void> {
    this.#written = this.#written.then(() => this.#file.appendFile(text)).then(kept)
    return this.#written.catch((error) => {
      throw storageFailure(error)
    })
  }

  async flush(): Promise<void> {
    try {
      await this.#written
      await this.#file.sync()
    } catch (error) {
      throw storageFailure(error)
    }
  }

  async close(): Promise<void> {
    await this.#written.catch(() => {})
    await this.#file.close().catch(() => {})
  }
}

/** When something was last written to, or what is right within it, in Unix milliseconds. @throws what the file system does */
export async function newest(place: string): Promise<number> {
  const within = await readdir(place).catch(() => [])
  let at = 0
  for (const path of [place, ...within.map((name) => join(place, name))]) {
    const { mtimeMs } = await lstat(path)
    at = Math.max(at, mtimeMs)
  }
  return at
}
