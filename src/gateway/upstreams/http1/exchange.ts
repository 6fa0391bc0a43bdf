import type { Control, ReplyHandler } from './handler.ts'

/** What an exchange goes over. */
interface Line {
  pause(): void
  resume(): void
  fail(error: Error): void
}

/** One request and its reply: what can be cancelled. Its connection may be another's by then. */
export class Exchange implements Control {
  readonly handler: ReplyHandler
  readonly head: string
  readonly body: Buffer | null
  readonly isBodiless: boolean
  /** While it is on its way. */
  connection: Line | null = null
  isPaused = false

  /** @param body what is written behind the head; null: nothing */
  constructor(handler: ReplyHandler, head: string, body: Buffer | null, isBodiless: boolean) {
    this.handler = handler
    this.head = head
    this.body = body
    this.isBodiless = isBodiless
  }

  abort(reason: Error): void {
    this.connection?.fail(reason)
  }

  pause(): void {
    this.isPaused = true
    this.connection?.pause()
  }

  resume(): void {
    this.isPaused = false
    this.connection?.resume()
  }
}
