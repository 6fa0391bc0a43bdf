import { Chunks } from './chunks.ts'
import { ReplyFlaw } from './flaw.ts'
import { LINE_END, MOST_HEAD } from './header-lines.ts'
import { type ReplyHead, readHead } from './reply-head.ts'

/** Who is told what comes, in its order. Whoever wants no more of it calls `stop`, also from within. */
export interface ReplySink {
  /** Also of interim answers, whose status is below 200. */
  head(head: ReplyHead): void
  /** A piece of the body: a copy, which nobody else writes to. */
  data(bytes: Buffer): void
  /** The reply is whole. @param isLast whether no byte that has come stands behind it */
  end(isLast: boolean): void
}

const BEGINNING = 'HTTP/1.'
const HEAD_END = LINE_END + LINE_END

/** What comes next: the head, so many bytes of the body, its chunks, all that still comes, or nothing. */
const [HEAD, LENGTH, CHUNKED, UNTIL_CLOSE, NOTHING] = [0, 1, 2, 3, 4]

/**
 * Reads the replies of one connection, one after the other, cut anywhere, each behind its request. It is stricter than HTTP asks
 * for, and what it takes is read by others in the same way: what is read in two ways lets one reply be smuggled into another.
 */
export class ReplyParser {
  readonly #sink: ReplySink
  #state = NOTHING
  #isBodiless = false
  /** What has come of a head. */
  #begun = ''
  #left = 0
  #chunks: Chunks | null = null

  constructor(sink: ReplySink) {
    this.#sink = sink
  }

  /** Whether the head is still to come. */
  get awaitsHead(): boolean {
    return this.#state === HEAD
  }

  /** A reply is awaited. @param isBodiless whether its head alone was asked for */
  begin(isBodiless: boolean): void {
    this.#state = HEAD
    this.#isBodiless = isBodiless
    this.#begun = ''
  }

  stop(): void {
    this.#state = NOTHING
  }

  /**
   * Reads on. The bytes are ours to write to until this returns, and nobody's afterwards.
   * @throws ReplyFlaw for what is no reply, and for bytes that nothing was asked for
   */
  push(bytes: Buffer): void {
    if (this.#state === NOTHING) throw new ReplyFlaw('bytes have come that belong to no reply')
    let at = 0
    while (this.#state === HEAD && at < bytes.length) at = this.#head(bytes, at)
    if (at === bytes.length) return
    switch (this.#state) {
      case LENGTH:
        this.#counted(bytes, at)
        return
      case CHUNKED:
        this.#chunked(bytes, at)
        return
      case UNTIL_CLOSE:
        this.#sink.data(Buffer.from(bytes.subarray(at)))
    }
  }

  /** No more bytes will come. @returns whether that ends a reply as it has to */
  closed(): boolean {
    if (this.#state !== UNTIL_CLOSE) return false
    this.#end(true)
    return true
  }

  #end(isLast: boolean): void {
    this.#state = NOTHING
    this.#sink.end(isLast)
  }

  /** @returns where the bytes go on */
  #head(bytes: Buffer, at: number): number {
    const known = this.#begun
    const text = known + bytes.toString('latin1', at, Math.min(bytes.length, at + MOST_HEAD + HEAD_END.length))
    const end = text.indexOf(HEAD_END, Math.max(0, known.length - HEAD_END.length + 1))
    if (!text.startsWith(BEGINNING) && !BEGINNING.startsWith(text)) throw new ReplyFlaw('the reply is no HTTP')
    if (end > MOST_HEAD || (end < 0 && text.length > MOST_HEAD))
      throw new ReplyFlaw('the head of the reply is too large')
    if (end < 0) {
      this.#begun = text
      return bytes.length
    }
    this.#begun = ''
    const next = at + end + HEAD_END.length - known.length
    this.#told(readHead(text.slice(0, end), this.#isBodiless), next === bytes.length)
    return next
  }

  #told(head: ReplyHead, isLast: boolean): void {
    const { status, framing, length, keeps } = head
    if (status >= 100 && status < 200) {
      // Others take it for the end of all that will come.
      if (!keeps) throw new ReplyFlaw('an interim answer ends the connection')
    } else {
      this.#left = length
      this.#chunks = framing === 'chunked' ? new Chunks() : null
      this.#state = framing === 'chunked' ? CHUNKED : framing === 'until_close' ? UNTIL_CLOSE : LENGTH
    }
    this.#sink.head(head)
    if (this.#state === LENGTH && (framing === 'none' || length === 0)) this.#end(isLast)
  }

  #counted(bytes: Buffer, from: number): void {
    const to = Math.min(bytes.length, from + this.#left)
    this.#left -= to - from
    this.#sink.data(Buffer.from(bytes.subarray(from, to)))
    if (this.#left === 0 && this.#state === LENGTH) this.#end(to === bytes.length)
  }

  #chunked(bytes: Buffer, from: number): void {
    const chunks = this.#chunks as Chunks
    let at = from
    try {
      at = chunks.read(bytes, from)
    } finally {
      // What came before a flaw was said.
      if (chunks.end > chunks.start) this.#sink.data(Buffer.from(bytes.subarray(chunks.start, chunks.end)))
    }
    if (chunks.done && this.#state === CHUNKED) this.#end(at === bytes.length)
  }
}
