import { COLON, OPEN_LIST } from '../../core/json-bytes.ts'
import type { Want } from '../routes/want.ts'
import { EventField, isBreak } from './event-field.ts'
import { JsonWatch } from './json-watch.ts'
import type { Reading } from './reply-facts.ts'

const [LF, CR] = [0x0a, 0x0d]
const LINE_BREAK = Buffer.from('\n')
/** Bytes of the largest event that can be the one nobody asked for: it has a few numbers. */
const MOST_HELD = 65_536

/**
 * Reads a stream of events as it passes, cut anywhere (WHATWG HTML, 9.2.6: lines end in LF, CR or both, an empty line ends an
 * event, the lines of data are joined). Nothing is changed and nothing waits, but for one event where it withholds: the one
 * that model servers add because usage was asked for, whose `choices` is an empty list. What could still become that event at
 * the end of a chunk is held until more of it has come.
 */
export class EventStream {
  readonly #reading: Reading
  readonly #scan: JsonWatch
  readonly #withholds: boolean
  readonly #field = new EventField()
  /** Whether the last byte was a CR, of which an LF would be the other half; and whether that half is withheld, too. */
  #afterCr = false
  #dropLf = false
  /** Whether an event has begun, and whether a line of data in it. Comments belong to no event. */
  #begun = false
  #hasData = false
  /** Bytes of this event that came in earlier chunks and are held, or whether they were passed on. */
  #held: Buffer[] = []
  #heldBytes = 0
  #passed = false

  /** What the client gets of this chunk, up to where that is decided, and where the event begins that is being read. */
  #out: Buffer[] = []
  #decided = 0
  #start = 0
  /** The next line breaks of this chunk, as far as they have been looked for. */
  #lf = -1
  #cr = -1

  constructor(reading: Reading, want: Want, withholds: boolean) {
    this.#reading = reading
    this.#scan = new JsonWatch(want, reading)
    this.#withholds = withholds
  }

  /** What the client gets now, most often the very same bytes; null where that is nothing. */
  chunk(bytes: Buffer): Buffer | null {
    this.#decided = 0
    this.#start = 0
    this.#lf = -1
    this.#cr = -1
    for (let at = 0; at < bytes.length; ) at = this.#afterCr ? this.#otherHalf(bytes, at) : this.#line(bytes, at)
    if (this.#withholds && this.#begun && !this.#passed) this.#holdOrLetGo(bytes)
    if (this.#decided === 0 && this.#out.length === 0) return bytes.length === 0 ? null : bytes
    this.#pass(bytes, bytes.length)
    const out = this.#out
    this.#out = []
    return joined(out)
  }

  /** Behind a CR, whose LF may have come. */
  #otherHalf(bytes: Buffer, at: number): number {
    const next = bytes[at] === LF ? at + 1 : at
    if (this.#dropLf) this.#decided = next
    this.#afterCr = false
    this.#dropLf = false
    return next
  }

  /** Reads on in a line, and says where the next one begins. */
  #line(bytes: Buffer, from: number): number {
    const field = this.#field
    const at = field.place === 'name' && !isBreak(bytes[from]) ? this.#fieldName(bytes, from) : from
    const end = this.#lineEnd(bytes, at)
    if (end > at && field.place === 'data') this.#scan.push(bytes, at, end)
    else if (end > at && field.place === 'event') field.word(bytes, at, end)
    if (end === bytes.length) return end
    if (field.isEmpty && this.#begun) this.#emptyLine(bytes, end)
    if (field.isError) this.#reading.failsIf(true)
    field.reset()
    this.#afterCr = bytes[end] === CR
    return end + 1
  }

  /** Reads on in the name of a line's field until it is known, cannot be one, or ends. */
  #fieldName(bytes: Buffer, from: number): number {
    const field = this.#field
    if (field.isEmpty && !this.#begun && bytes[from] !== COLON) {
      this.#begun = true
      this.#start = from
    }
    const at = field.read(bytes, from)
    if (field.place === 'data') this.#dataBegins()
    else if (field.isForeign) this.#reading.heard = true
    return at
  }

  /** The lines of data of one event are joined. */
  #dataBegins(): void {
    if (this.#hasData) this.#scan.push(LINE_BREAK, 0, 1)
    this.#hasData = true
  }

  /** Where the line ends, or the chunk if that is sooner. Each byte is searched once, however many lines there are. */
  #lineEnd(bytes: Buffer, at: number): number {
    if (isBreak(bytes[at])) return at
    if (this.#lf < at) this.#lf = indexOr(bytes.indexOf(LF, at), bytes.length)
    if (this.#cr < at) this.#cr = indexOr(bytes.indexOf(CR, at), bytes.length)
    return Math.min(this.#lf, this.#cr)
  }

  /** The event is over. */
  #emptyLine(bytes: Buffer, at: number): void {
    const held = this.#held
    if (this.#ends(at + 1 - this.#start)) {
      this.#pass(bytes, this.#start)
      this.#decided = at + 1
      this.#dropLf = bytes[at] === CR
    } else this.#out.push(...held)
  }

  /** The chunk ends within an event: it is held while it could be the one to withhold, and goes on its way once it cannot. */
  #holdOrLetGo(bytes: Buffer): void {
    const more = bytes.length - this.#start
    if (this.#couldBeExtra(this.#heldBytes + more)) {
      this.#pass(bytes, this.#start)
      if (more > 0) this.#held.push(bytes.subarray(this.#start))
      this.#heldBytes += more
      this.#decided = bytes.length
    } else {
      this.#out.push(...this.#held)
      this.#held = []
      this.#passed = true
    }
  }

  /** The client gets what is not decided yet, up to there. */
  #pass(bytes: Buffer, to: number): void {
    if (to > this.#decided) this.#out.push(bytes.subarray(this.#decided, to))
    this.#decided = to
  }

  /** What is left for the client when the upstream has ended its reply. */
  end(): Buffer | null {
    const held = this.#held
    return this.#begun && !this.#ends(0) ? joined(held) : null
  }

  /** The event is over, with so many bytes in this chunk. Whether it is the one to withhold. */
  #ends(bytes: number): boolean {
    const extra = this.#withholds && !this.#passed && this.#isExtra() && this.#heldBytes + bytes <= MOST_HELD
    // What ends most streams, `[DONE]`, says nothing.
    if (this.#hasData && !this.#scan.isBlank && this.#scan.refused !== OPEN_LIST) this.#reading.heard = true
    this.#reading.eventEnded()
    this.#scan.reset()
    this.#begun = false
    this.#hasData = false
    this.#passed = false
    this.#held = []
    this.#heldBytes = 0
    return extra
  }

  /** What went wrong is for the client, whatever else the same event says. */
  #isExtra(): boolean {
    const { choices, hasUsage, hasProblem } = this.#reading
    return this.#scan.finished && choices === 'empty' && hasUsage && !hasProblem
  }

  #couldBeExtra(bytes: number): boolean {
    if (this.#scan.broken || bytes > MOST_HELD) return false
    return this.#scan.finished ? this.#isExtra() : this.#reading.choices !== 'other'
  }
}

const indexOr = (index: number, otherwise: number) => (index < 0 ? otherwise : index)

function joined(parts: Buffer[]): Buffer | null {
  if (parts.length < 2) return parts[0] ?? null
  return Buffer.concat(parts)
}
