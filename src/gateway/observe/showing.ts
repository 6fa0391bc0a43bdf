import type { ShowingReply } from '../routes/declaration.ts'
import { NOTHING_USED, type Used } from '../use.ts'
import { EventStream } from './event-stream.ts'
import { JsonWatch } from './json-watch.ts'
import type { Observer, OnShown } from './observer.ts'
import { Reading } from './reply-facts.ts'

/** A reply that says nothing of use, and shows things that have an owner. It passes as it is. */
export class Showing implements Observer {
  readonly #read: (bytes: Buffer) => void
  readonly overran = false
  onShown: OnShown | null = null

  constructor({ whole, event }: ShowingReply, isStream: boolean) {
    const reading = new Reading((kind, id) => this.onShown?.(kind, id))
    if (isStream) {
      const events = new EventStream(reading, event, false)
      this.#read = (bytes) => events.chunk(bytes)
    } else {
      const scan = new JsonWatch(whole, reading)
      this.#read = (bytes) => scan.push(bytes, 0, bytes.length)
    }
  }

  chunk(bytes: Buffer): Buffer {
    this.#read(bytes)
    return bytes
  }

  end(): null {
    return null
  }

  used(): Used {
    return NOTHING_USED
  }
}
