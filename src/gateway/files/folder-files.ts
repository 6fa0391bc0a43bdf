import { constants } from 'node:fs'
import { type FileHandle, lstat, open, readdir, rm } from 'node:fs/promises'
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

/** Some of what a file has. @returns fewer bytes than asked for only where it ends @throws ApiError 503 */
export async function stretchOf(path: string, at: number, bytes: number): Promise<Buffer> {
  let file: FileHandle | null = null
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
    const buffer = Buffer.allocUnsafeSlow(bytes)
    let got = 0
    while (got < bytes) {
      const { bytesRead } = await file.read(buffer, got, bytes - got, at + got)
      if (bytesRead === 0) break
      got += bytesRead
    }
    return buffer.subarray(0, got)
  } catch (error) {
    throw storageFailure(error)
  } finally {
    await file?.close()
  }
}

/** Adds to a file, which is open only while something is written. */
export class FolderAdding implements Adding {
  readonly #path: string
  #written: Promise<void> = Promise.resolve()
  #isBegun = false

  constructor(path: string) {
    this.#path = path
  }

  /** One behind the other, so that no text stands within another. */
  add(text: string, kept: () => void): Promise<void> {
    this.#written = this.#written.then(() => this.#append(text)).then(kept)
    return this.#written.catch((error) => {
      throw storageFailure(error)
    })
  }

  async flush(): Promise<void> {
    try {
      await this.#written
      if (this.#isBegun) await this.#opened((file) => file.sync())
    } catch (error) {
      throw storageFailure(error)
    }
  }

  async close(): Promise<void> {
    await this.#written.catch(() => {})
  }

  async #append(text: string): Promise<void> {
    try {
      await this.#opened((file) => file.appendFile(text))
      this.#isBegun = true
    } catch (error) {
      // What is tried again and again on a full disk leaves nothing each time.
      if (!this.#isBegun) await rm(this.#path, { force: true }).catch(() => {})
      throw error
    }
  }

  async #opened(use: (file: FileHandle) => Promise<void>): Promise<void> {
    const file = await open(this.#path, ADD, 0o600)
    try {
      await use(file)
    } finally {
      await file.close()
    }
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
