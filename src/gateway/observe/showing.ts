import type { ShowingReply } from '../routes/declaration.ts'
import { NOTHING_USED, type Used } from '../use.ts'
import { hintsOf } from './beginning.ts'
import type { Observed, Observer, OnShown } from './observer.ts'
import { Reading } from './reply-facts.ts'
import { ReplyReader } from './reply-reader.ts'

/** A reply that says nothing of use, and shows things that have an owner. It passes as it is. */
export class Showing implements Observer {
  readonly #reader: ReplyReader
  readonly resizes = false
  readonly overran = false
  onShown: OnShown | null = null

  constructor(reply: ShowingReply, { contentType, asked }: Pick<Observed, 'contentType' | 'asked'>) {
    const reading = new Reading((kind, id) => this.onShown?.(kind, id))
    this.#reader = new ReplyReader(reading, reply, hintsOf(contentType, asked.stream, false, false), false)
  }

  chunk(bytes: Buffer): Buffer {
    this.#reader.chunk(bytes)
    return bytes
  }

  end(): null {
    return null
  }

  used(): Used {
    return NOTHING_USED
  }
}
