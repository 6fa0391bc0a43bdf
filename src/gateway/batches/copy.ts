import { randomBytes, randomUUID } from 'node:crypto'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { headOf } from '../body/form-body.ts'
import type { Asking } from './asking.ts'

/** Bytes that are written, and read, at once. */
const AT_ONCE = 262_144

/** The judged lines of a batch, in a temporary file that has no name: nothing is left of it whatever happens to the process. */
export class JudgedCopy implements AsyncDisposable {
  readonly #file: FileHandle
  #waiting: string[] = []
  #length = 0
  #written = 0

  private constructor(file: FileHandle) {
    this.#file = file
  }

  static async open(): Promise<JudgedCopy> {
    const path = join(tmpdir(), `gatehouse-${randomUUID()}`)
    const file = await open(path, 'wx+', 0o600)
    try {
      await unlink(path)
    } catch (error) {
      await file.close()
      throw error
    }
    return new JudgedCopy(file)
  }

  /** Whether so much waits that it is to be written. */
  get isFull(): boolean {
    return this.#length >= AT_ONCE
  }

  /** Bytes, as far as they are written. */
  get bytes(): number {
    return this.#written
  }

  add(line: string): void {
    this.#waiting.push(line)
    this.#length += line.length
  }

  async write(): Promise<void> {
    const bytes = Buffer.from(this.#waiting.join(''))
    this.#waiting = []
    this.#length = 0
    for (let done = 0; done < bytes.length; )
      done += (await this.#file.write(bytes, done, bytes.length - done, this.#written + done)).bytesWritten
    this.#written += bytes.length
  }

  /** The form by which it is uploaded. @param filename of ours */
  form(filename: string): Exclude<Asking['body'], Buffer | undefined> {
    const boundary = `gatehouse-${randomBytes(18).toString('hex')}`
    const purpose = headOf({ name: 'purpose', value: 'batch' })
    const file = headOf({ name: 'file', filename, type: 'application/jsonl', stretches: [] })
    const head = Buffer.from(`--${boundary}\r\n${purpose}\r\n\r\nbatch\r\n--${boundary}\r\n${file}\r\n\r\n`)
    const tail = Buffer.from(`\r\n--${boundary}--\r\n`)
    const length = head.length + this.#written + tail.length
    const pieces = this.#pieces(head, tail)
    return {
      type: `multipart/form-data; boundary=${boundary}`,
      length,
      stream: () => ({ stream: Readable.from(pieces(), { objectMode: false }), length }),
    }
  }

  #pieces = (head: Buffer, tail: Buffer) =>
    async function* (this: JudgedCopy): AsyncGenerator<Buffer> {
      yield head
      for (let at = 0; at < this.#written; ) {
        const piece = Buffer.allocUnsafeSlow(Math.min(AT_ONCE, this.#written - at))
        const { bytesRead } = await this.#file.read(piece, 0, piece.length, at)
        if (bytesRead === 0) throw new Error('the temporary file has lost bytes')
        at += bytesRead
        yield piece.subarray(0, bytesRead)
      }
      yield tail
    }.bind(this)

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close()
  }
}
