import type { Want } from '../routes/want.ts'
import { JsonWatch } from './json-watch.ts'
import type { Reading } from './reply-facts.ts'

const [LF, CR, COLON] = [0x0a, 0x0d, 0x3a]
const DATA = Buffer.from('data:')
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
  /** How many bytes of `data:` this line has begun with; all five: in its value; -1: in a line of another kind. */
  #matched = 0
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

  constructor(reading: Reading, want: Want, withholds: boolean) {
    this.#reading = reading
    this.#scan = new JsonWatch(want, reading)
    this.#withholds = withholds
  }

  /** What the client gets now, most often the very same bytes; null where that is nothing. */
  chunk(bytes: Buffer): Buffer | null {
    const end = bytes.length
    const out: Buffer[] = []
    // What is not passed on yet begins at `from`, and what is of the event that is being read, at `start`.
    let [from, start, lf, cr] = [0, 0, -1, -1]
    for (let i = 0; i < end; ) {
      const byte = bytes[i]
      if (this.#afterCr) {
        this.#afterCr = false
        if (byte === LF) {
          i++
          if (this.#dropLf) from = i
          this.#dropLf = false
          continue
        }
        this.#dropLf = false
      }
      if (this.#matched < 0 || this.#matched === DATA.length) {
        if (lf < i) lf = indexOr(bytes.indexOf(LF, i), end)
        if (cr < i) cr = indexOr(bytes.indexOf(CR, i), end)
        const lineEnd = Math.min(lf, cr)
        if (this.#matched > 0) this.#scan.push(bytes, i, lineEnd)
        i = lineEnd
        if (i === end) break
      } else if (byte !== LF && byte !== CR) {
        if (this.#matched === 0 && !this.#begun && byte !== COLON) {
          this.#begun = true
          start = i
        }
        this.#match(byte)
        i++
        continue
      } else if (this.#matched === 0 && this.#begun) {
        const held = this.#held
        if (this.#ends(i + 1 - start)) {
          if (start > from) out.push(bytes.subarray(from, start))
          from = i + 1
          this.#dropLf = byte === CR
        } else out.push(...held)
      }
      this.#matched = 0
      this.#afterCr = bytes[i] === CR
      i++
    }
    if (this.#withholds && this.#begun && !this.#passed) {
      if (this.#couldBeExtra(this.#heldBytes + end - start)) {
        if (start > from) out.push(bytes.subarray(from, start))
        if (end > start) this.#held.push(bytes.subarray(start))
        this.#heldBytes += end - start
        from = end
      } else {
        out.push(...this.#held)
        this.#held = []
        this.#passed = true
      }
    }
    if (from === 0 && out.length === 0) return end === 0 ? null : bytes
    if (from < end) out.push(bytes.subarray(from))
    return joined(out)
  }

  /** What is left for the client when the upstream has ended its reply. */
  end(): Buffer | null {
    const held = this.#held
    return this.#begun && !this.#ends(0) ? joined(held) : null
  }

  #match(byte: number | undefined): void {
    this.#matched = byte === DATA[this.#matched] ? this.#matched + 1 : -1
    if (this.#matched < DATA.length) return
    if (this.#hasData) this.#scan.push(LINE_BREAK, 0, 1)
    this.#hasData = true
  }

  /** The event is over, with so many bytes in this chunk. Whether it is the one to withhold. */
  #ends(bytes: number): boolean {
    const extra = this.#withholds && !this.#passed && this.#isExtra() && this.#heldBytes + bytes <= MOST_HELD
    this.#reading.eventEnded()
    this.#scan.reset()
    this.#begun = false
    this.#hasData = false
    this.#passed = false
    this.#held = []
    this.#heldBytes = 0
    return extra
  }

  #isExtra(): boolean {
    return this.#scan.finished && this.#reading.choices === 'empty' && this.#reading.hasUsage
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
