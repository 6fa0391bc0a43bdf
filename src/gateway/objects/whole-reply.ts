import { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { Reply } from '../upstreams/forwarding.ts'

/** A model server's reply as it is read here, whole, before anybody is told of it: in the place of the client's side. */
export class WholeReply extends EventEmitter<{ close: []; drain: [] }> implements Reply {
  headersSent = false
  statusCode = 0
  destroyed = false
  writableFinished = false
  readonly writableLength = 0
  /** Whether it was more than a reply of this sort can be. */
  isTooLong = false
  /** Names and values in turn, as the client may get them. */
  headers: string[] = []
  readonly socket: object | null
  readonly #most: number
  readonly #parts: Buffer[] = []
  #length = 0

  /**
   * @param most bytes that it may have
   * @param client whose leaving ends it; null: it is read to its end whoever is there to be told
   */
  constructor(most: number, client: ServerResponse | null) {
    super()
    this.#most = most
    this.socket = client?.socket ?? null
    if (client === null) return
    const left = () => this.destroy()
    client.once('close', left)
    this.once('close', () => client.off('close', left))
    if (client.destroyed) this.destroyed = true
  }

  /** All of it; empty where it broke off. */
  get bytes(): Buffer {
    return Buffer.concat(this.#parts)
  }

  /** Holds nothing of what has come. */
  forget(): void {
    this.#parts.length = 0
    this.#length = 0
  }

  writeHead(status: number, headers: string[] | Record<string, string>): void {
    this.headersSent = true
    this.statusCode = status
    this.headers = Array.isArray(headers) ? headers : Object.entries(headers).flat()
  }

  write(chunk: Buffer | string, encoding?: BufferEncoding): boolean {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk
    this.#length += bytes.length
    if (this.#length <= this.#most) this.#parts.push(bytes)
    else if (!this.isTooLong) {
      this.isTooLong = true
      queueMicrotask(() => this.destroy())
    }
    return true
  }

  end(chunk?: Buffer | string, encoding?: BufferEncoding): void {
    if (chunk !== undefined) this.write(chunk, encoding)
    if (this.isTooLong) return
    this.writableFinished = true
    this.#close()
  }

  destroy(): void {
    if (!this.destroyed) this.#close()
  }

  #close(): void {
    this.destroyed = true
    // As with Node's own: not within the call that ends it.
    process.nextTick(() => this.emit('close'))
  }
}
