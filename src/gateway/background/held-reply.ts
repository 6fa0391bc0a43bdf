import { EventEmitter } from 'node:events'
import type { Reply } from '../upstreams/forwarding.ts'

/** The client's side of a reply that waits until what it names is written down: then the client gets all of it, and the rest as it comes. */
export class HeldReply extends EventEmitter<{ close: []; drain: [] }> implements Reply {
  headersSent = false
  statusCode = 0
  readonly #reply: Reply
  #held: (() => void)[] | null = []
  readonly #whole: () => void

  /** @param whole called where the reply has come to its end, or is a refusal, and waits still */
  constructor(reply: Reply, whole: () => void) {
    super()
    this.#reply = reply
    this.#whole = whole
    reply.on('close', () => this.emit('close'))
    reply.on('drain', () => this.emit('drain'))
  }

  get destroyed(): boolean {
    return this.#reply.destroyed
  }

  get writableFinished(): boolean {
    return this.#reply.writableFinished
  }

  get writableLength(): number {
    return this.#reply.writableLength
  }

  get socket(): object | null {
    return this.#reply.socket
  }

  writeHead(status: number, headers: string[] | Record<string, string>): void {
    this.headersSent = true
    this.statusCode = status
    this.#then(() => this.#reply.writeHead(status, headers))
    if (status >= 300) this.#whole()
  }

  write(chunk: Buffer | string, encoding?: BufferEncoding): boolean {
    if (this.#held === null) return this.#reply.write(chunk, encoding)
    this.#held.push(() => this.#reply.write(chunk, encoding))
    // Nothing more is read meanwhile.
    return false
  }

  end(chunk?: Buffer | string, encoding?: BufferEncoding): void {
    this.#then(() => this.#reply.end(chunk, encoding))
    this.#whole()
  }

  destroy(): void {
    this.#held = null
    this.#reply.destroy()
  }

  release(): void {
    const held = this.#held
    if (held === null || this.destroyed) return
    this.#held = null
    for (const one of held) one()
    this.emit('drain')
  }

  #then(one: () => void): void {
    if (this.#held === null) one()
    else this.#held.push(one)
  }
}
