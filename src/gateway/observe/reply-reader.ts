import { CLOSE_OBJECT, OPEN_OBJECT } from '../../core/json-bytes.ts'
import type { ShowingReply, WatchedReply } from '../routes/declaration.ts'
import { Beginning, type Form, type Hints } from './beginning.ts'
import { EventStream } from './event-stream.ts'
import { JsonWatch } from './json-watch.ts'
import { tellWhole } from './json-whole.ts'
import { saysProblem } from './problem.ts'
import type { Reading } from './reply-facts.ts'
import { usedIn } from './usage-object.ts'

/** Bytes of a reply that is parsed rather than scanned: of larger ones most is what nobody looks at. */
const SMALL = 16_384

/** Reads one reply as it passes, as what its bytes are. */
export class ReplyReader {
  readonly #reading: Reading
  readonly #reply: WatchedReply | ShowingReply
  readonly #hints: Hints
  readonly #withholds: boolean
  /** What it is; null until enough of it has come. */
  #form: Form | null = null
  #beginning: Beginning | null = null
  #events: EventStream | null = null
  #scan: JsonWatch | null = null
  /** Whether all that matters of the reply is known. */
  #known = false

  /** @param withholds whether the event that nobody asked for is kept from the client */
  constructor(reading: Reading, reply: WatchedReply | ShowingReply, hints: Hints, withholds: boolean) {
    this.#reading = reading
    this.#reply = reply
    this.#hints = hints
    this.#withholds = withholds
  }

  /** What it is; null while nothing has come that says so. */
  get form(): Form | null {
    return this.#events === null || this.#form === 'page' ? this.#form : 'events'
  }

  /** Whether it was one object, and nothing besides. */
  get isWhole(): boolean {
    return this.#events === null && (this.#known || this.#scan?.finished === true)
  }

  get isText(): boolean {
    return this.#hints.isText
  }

  /** Whether it is a stream, or is one by its own word as long as nothing of it has come. */
  get isStream(): boolean {
    return this.#events !== null || (this.#form === null && this.#hints.isNamed)
  }

  /** What the client gets of these bytes now; null: nothing. */
  chunk(bytes: Buffer): Buffer | null {
    if (bytes.length === 0) return null
    if (this.#events !== null) return this.#events.chunk(bytes)
    if (this.#form === null) return this.#begin(bytes)
    return this.#form === 'json' ? this.#object(bytes, 0) : bytes
  }

  /** What is left for the client when the reply is over. */
  end(): Buffer | null {
    const rest = this.#events?.end() ?? null
    this.#reading.eventEnded(this.#events === null)
    return rest
  }

  #begin(bytes: Buffer): Buffer | null {
    if (this.#beginning === null && bytes[0] === OPEN_OBJECT) {
      this.#form = 'json'
      return this.#object(bytes, 0)
    }
    this.#beginning ??= new Beginning(this.#hints)
    this.#form = this.#beginning.look(bytes)
    const { at } = this.#beginning
    if (this.#form === 'json') return this.#object(bytes, at)
    // Nor does a page hide the events that were asked for, whose readers take no notice of it.
    const isStream = this.#form === 'events' || (this.#form === 'page' && this.#hints.isStream)
    return isStream ? this.#stream(bytes, at) : bytes
  }

  /** From there on it is a stream. */
  #stream(bytes: Buffer, from: number): Buffer | null {
    this.#events = new EventStream(this.#reading, this.#reply.event, this.#withholds)
    const events = bytes.subarray(from)
    const out = this.#events.chunk(events)
    if (out === events) return bytes
    return from === 0 ? out : Buffer.concat([bytes.subarray(0, from), ...(out === null ? [] : [out])])
  }

  #object(bytes: Buffer, from: number): Buffer | null {
    if (this.#known) return bytes
    if (this.#scan === null && from === 0 && !this.#hints.isStream && this.#readWhole(bytes)) {
      this.#known = true
      return bytes
    }
    this.#scan ??= new JsonWatch(this.#reply.whole, this.#reading)
    this.#scan.push(bytes, from, bytes.length)
    if (!this.#scan.broken || !this.#hints.isStream) return bytes
    // Readers of events take no notice of an object before them, and it must not hide them here.
    this.#reading.eventEnded(true)
    return this.#stream(bytes, this.#scan.brokenAt)
  }

  /** A small reply that came in one piece, as most do, and reports what it used costs less to parse than to scan. */
  #readWhole(bytes: Buffer): boolean {
    if (bytes.length > SMALL || bytes[bytes.length - 1] !== CLOSE_OBJECT) return false
    let value: Record<string, unknown>
    try {
      value = JSON.parse(bytes.toString())
    } catch {
      // The piece ends where an inner object does.
      return false
    }
    if (!reportsAll(this.#reply, value)) return false
    tellWhole(this.#reply.whole, value, this.#reading)
    return true
  }
}

/** Whether an object says all that would be counted of it otherwise. */
function reportsAll(reply: WatchedReply | ShowingReply, value: Record<string, unknown>): boolean {
  if (reply.kind === 'shows') return true
  if (saysProblem(value)) return false
  const { readsInput, saysOutput } = usedIn(value.usage)
  return reply.counts === 'nothing' || (readsInput && (reply.counts === 'input' || saysOutput))
}
