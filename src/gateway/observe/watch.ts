import { CLOSE_OBJECT, OPEN_OBJECT } from '../../core/json-bytes.ts'
import type { Asked, Outcome } from '../call.ts'
import type { Charges, WatchedReply } from '../routes/declaration.ts'
import { isEventStream } from '../upstreams/forwarding.ts'
import type { Used } from '../use.ts'
import { usedBy } from './conclude.ts'
import { EventStream } from './event-stream.ts'
import { JsonWatch } from './json-watch.ts'
import { tellWhole } from './json-whole.ts'
import type { Observed, Observer, OnShown } from './observer.ts'
import { Reading } from './reply-facts.ts'
import type { TokenCounter } from './token-counter.ts'
import { readUsage } from './usage-object.ts'

/** Bytes of the largest event about one token, with all the probabilities there are. */
const EVENT_BYTES = 8192
/** Events and bytes that a reply may have besides: signs of life, images of a tool. */
const IDLE_EVENTS = 1000
const IDLE_BYTES = 67_108_864
/** Bytes that JSON can write a byte of text with. */
const LONGEST_ESCAPE = 6
/** Bytes of a reply that is parsed rather than scanned: of larger ones most is what nobody looks at. */
const SMALL = 16_384

/** A reply that tells of its use. */
export class Watch implements Observer {
  readonly #reply: WatchedReply
  readonly #charges: Charges
  readonly #asked: Asked
  readonly #tokens: TokenCounter
  readonly #reading: Reading
  readonly #events: EventStream | null
  #scan: JsonWatch | null = null
  /** Whether all that matters of the reply is known. */
  #known = false
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
    const isNamed = isEventStream(contentType)
    // Only what says that it is a stream is one whose length may change.
    const withholds = isNamed && reply.streamReports === 'on_demand' && !asked.usageWanted
    const isStream = isNamed || (contentType === '' && asked.stream)
    this.#events = isStream ? new EventStream(this.#reading, reply.event, withholds) : null
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
    if (this.#events !== null) return this.#events.chunk(bytes)
    if (bytes.length === 0) return null
    if (!this.#known) this.#look(bytes)
    return bytes
  }

  #look(bytes: Buffer): void {
    if (this.#scan === null && this.#readWhole(bytes)) {
      this.#known = true
      return
    }
    this.#scan ??= new JsonWatch(this.#reply.whole, this.#reading)
    this.#scan.push(bytes, 0, bytes.length)
  }

  /** A small reply that came in one piece, as most do, and reports what it used costs less to parse than to scan. */
  #readWhole(bytes: Buffer): boolean {
    if (bytes.length > SMALL || bytes[0] !== OPEN_OBJECT || bytes[bytes.length - 1] !== CLOSE_OBJECT) return false
    const { counts, whole } = this.#reply
    let value: Record<string, unknown>
    try {
      value = JSON.parse(bytes.toString())
    } catch {
      // The piece ends where an inner object does.
      return false
    }
    const { prompt, input, output } = readUsage(value.usage)
    if (counts !== 'nothing' && !prompt && !input) return false
    if (counts === 'input_and_output' && !output) return false
    tellWhole(whole, value, this.#reading)
    return true
  }

  end(): Buffer | null {
    if (this.#over) return null
    this.#over = true
    const rest = this.#events?.end() ?? null
    this.#reading.eventEnded(this.#events === null)
    return rest
  }

  used(end: Outcome['end']): Used | Promise<Used> {
    this.end()
    return usedBy({
      reply: this.#reply,
      charges: this.#charges,
      asked: this.#asked,
      tokens: this.#tokens,
      reading: this.#reading,
      end,
      isStream: this.#events !== null,
    })
  }
}
