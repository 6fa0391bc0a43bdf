import { randomUUID } from 'node:crypto'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { unavailable } from '../../contract/error.ts'
import type { Held } from './budget.ts'
import { Gathered } from './gathered.ts'

/** Bytes that are kept in memory at most; what came before them is in a file. */
const IN_MEMORY = 1_048_576
/** Bytes that are read from the file at once. */
const AT_ONCE = 65_536

/** A stretch of a spool: the position of its first byte, and of the one behind its last. */
export type Stretch = { start: number; end: number }

/**
 * Bytes that are written once and read as often as one likes: in memory while they are few, then in a file that nobody else
 * can open and that has no name any more, so that nothing is left of it whatever happens to the process. What they hold of the
 * budget is the same in both places.
 */
export class Spool {
  readonly #folder: string
  readonly #held: Held
  #file: FileHandle | null = null
  /** Bytes in the file; those in memory follow them. */
  #written = 0
  #memory: Gathered
  #closed = false

  /** @param folder for the temporary file */
  constructor(folder: string, held: Held) {
    this.#folder = folder
    this.#held = held
    this.#memory = this.#empty()
  }

  /** @returns where it stands @throws ApiError 503 where the budget is used up */
  append(chunk: Uint8Array): Stretch {
    const start = this.#written + this.#memory.length
    this.#memory.append(chunk)
    return { start, end: start + chunk.length }
  }

  /**
   * Moves what is in memory into the file, if it has become much; nothing may call this again before it is done.
   * @throws ApiError 503 where the file cannot be written
   */
  async ease(): Promise<void> {
    if (this.#memory.length < IN_MEMORY) return
    const full = this.#memory
    const at = this.#written
    // What comes meanwhile is put behind it.
    this.#held.take(full.length)
    this.#memory = this.#empty()
    this.#written += full.length
    try {
      this.#file ??= await this.#create()
      for (let done = 0; done < full.length; ) {
        done += (await this.#file.write(full.buffer, done, full.length - done, at + done)).bytesWritten
      }
    } catch (cause) {
      const message = 'The server cannot keep the files of your request right now. Please try again shortly.'
      throw unavailable(message, cause)
    } finally {
      this.#held.give(full.buffer.length)
    }
  }

  /** The bytes of a stretch, piece by piece. @throws where the spool was closed meanwhile */
  async *read({ start, end }: Stretch): AsyncGenerator<Buffer> {
    for (let at = start; at < end; ) {
      if (this.#closed) throw new Error('the spool is closed')
      const piece = at < this.#written ? await this.#fromFile(at, end) : this.#fromMemory(at, end)
      at += piece.length
      yield piece
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#memory = this.#empty()
    const file = this.#file
    this.#file = null
    // It waits for what is being read or written.
    await file?.close()
  }

  async #create(): Promise<FileHandle> {
    const path = join(this.#folder, `gatehouse-${randomUUID()}`)
    const file = await open(path, 'wx+', 0o600)
    try {
      await unlink(path)
    } catch (error) {
      await file.close()
      throw error
    }
    if (!this.#closed) return file
    await file.close()
    throw new Error('the spool is closed')
  }

  async #fromFile(at: number, end: number): Promise<Buffer> {
    const length = Math.min(AT_ONCE, end - at, this.#written - at)
    const buffer = Buffer.allocUnsafeSlow(length)
    const read = await this.#file?.read(buffer, 0, length, at)
    if (!read?.bytesRead) throw new Error('the temporary file has lost bytes')
    return buffer.subarray(0, read.bytesRead)
  }

  #fromMemory(at: number, end: number): Buffer {
    return this.#memory.bytes.subarray(at - this.#written, end - this.#written)
  }

  #empty(): Gathered {
    return new Gathered(this.#held, IN_MEMORY + AT_ONCE)
  }
}
