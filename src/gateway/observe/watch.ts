import type { Asked, Outcome } from '../call.ts'
import type { Charges, WatchedReply } from '../routes/declaration.ts'
import type { Used } from '../use.ts'
import { hintsOf } from './beginning.ts'
import { usedBy } from './conclude.ts'
import { isFailure } from './failure.ts'
import type { Observed, Observer, OnShown } from './observer.ts'
import { Reading } from './reply-facts.ts'
import { ReplyReader } from './reply-reader.ts'
import type { TokenCounter } from './token-counter.ts'

/** Bytes of the largest event about one token, with all the probabilities there are. */
const EVENT_BYTES = 8192
/** Events and bytes that a reply may have besides: signs of life, images of a tool. */
const IDLE_EVENTS = 1000
const IDLE_BYTES = 67_108_864
/** Bytes that JSON can write a byte of text with. */
const LONGEST_ESCAPE = 6

/** A reply that tells of its use. */
export class Watch implements Observer {
  readonly #reply: WatchedReply
  readonly #charges: Charges
  readonly #asked: Asked
  readonly #tokens: TokenCounter
  readonly #reading: Reading
  readonly #reader: ReplyReader
  readonly resizes: boolean
  #over = false
  onShown: OnShown | null = null
  /** Of the reply, so far. */
  #bytes = 0
  /** Tokens beyond which it is said too much. */
  readonly #most: number

  constructor(reply: WatchedReply, { route, asked, contentType, tokens }: Observed) {
    this.#reply = reply
    this.#charges = route.charges
    this.#asked = asked
    this.#tokens = tokens
    this.#most = 2 * (asked.caps.outputTokens ?? Number.POSITIVE_INFINITY)
    this.#reading = new Reading((kind, id) => this.onShown?.(kind, id))
    this.resizes = reply.streamReports === 'on_demand' && !asked.usageWanted
    const isRead = reply.counts === 'input' && !reply.makesImages
    const hints = hintsOf(contentType, asked.stream, reply.hears, isRead)
    this.#reader = new ReplyReader(this.#reading, reply, hints, this.resizes)
  }

  /**
   * By what is certain without counting: an event of a stream has a token or more, four bytes are about one and 32 hardly
   * ever one. Some servers repeat the request in front of their answer. Whoever says nothing may not go on for ever either.
   */
  get overran(): boolean {
    const { said, texts, events } = this.#reading
    if (this.#reply.counts !== 'input_and_output') return false
    if (events > 2 * this.#most + IDLE_EVENTS || this.#bytes > this.#most * EVENT_BYTES + IDLE_BYTES) return true
    if (said.bytes <= this.#most) return false
    const unasked = said.bytes - this.#asked.worst.boundTokens * LONGEST_ESCAPE
    return Math.max(Math.min(texts, said.bytes / 4), unasked / 32) > this.#most
  }

  chunk(bytes: Buffer): Buffer | null {
    this.#bytes += bytes.length
    return this.#reader.chunk(bytes)
  }

  end(): Buffer | null {
    if (this.#over) return null
    this.#over = true
    return this.#reader.end()
  }

  used(end: Outcome['end']): Used | Promise<Used> | null {
    this.end()
    if (isFailure(this.#reply, this.#reader, this.#reading, end)) return null
    return usedBy({
      reply: this.#reply,
      charges: this.#charges,
      asked: this.#asked,
      tokens: this.#tokens,
      reading: this.#reading,
      end,
      isStream: this.#reader.isStream,
    })
  }
}
