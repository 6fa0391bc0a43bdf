import { ReplyFlaw } from './flaw.ts'
import { LINE_END, MOST_HEAD, TOKEN, VALUE } from './header-lines.ts'

/** What the next byte is. */
const [SIZE, EXTENSION, SIZE_END, DATA, CHUNK_CR, CHUNK_LF, TRAILERS, DONE] = [0, 1, 2, 3, 4, 5, 6, 7]
const [CR, LF, SEMICOLON] = [0x0d, 0x0a, 0x3b]
/** Digits of a size: more are no number that can be counted to. */
const MOST_DIGITS = 12
const LAST_LINES = LINE_END + LINE_END

const EXTENSIONS = new RegExp(`^(?:;${TOKEN}(?:=${TOKEN})?)+$`)
const TRAILER_LINES = new RegExp(`^(?:${TOKEN}:${VALUE}${LINE_END})*${LINE_END}$`)
/** What would say behind a body how long it was. */
const FRAMING = /^(?:content-length|transfer-encoding|connection):/im

/**
 * Takes the chunks out of a body, cut anywhere. What is in them is moved together in the bytes that came, so that many chunks in
 * one read are one piece. Extensions and trailers are read as strictly as a head and say nothing.
 */
export class Chunks {
  #state = SIZE
  #digits = 0
  #left = 0
  #line = ''
  /** Bytes between the chunks and behind them. */
  #beside = 0
  /** Where in the bytes that were read last the data stands. */
  start = 0
  end = 0

  get done(): boolean {
    return this.#state === DONE
  }

  /**
   * Reads on.
   * @returns where it has stopped: at the end of the bytes, or behind the last chunk
   * @throws ReplyFlaw
   */
  read(bytes: Buffer, from: number): number {
    this.start = from
    this.end = from
    let at = from
    while (at < bytes.length && this.#state !== DONE) {
      if (this.#state === DATA) at = this.#data(bytes, at)
      else this.#byte(bytes[at++] ?? 0)
    }
    return at
  }

  #data(bytes: Buffer, from: number): number {
    const to = Math.min(bytes.length, from + this.#left)
    if (this.end === this.start) {
      this.start = from
      this.end = to
    } else {
      bytes.copyWithin(this.end, from, to)
      this.end += to - from
    }
    this.#left -= to - from
    if (this.#left === 0) this.#state = CHUNK_CR
    return to
  }

  #byte(byte: number): void {
    switch (this.#state) {
      case SIZE:
        this.#size(byte)
        return
      case EXTENSION:
        this.#extension(byte)
        return
      case SIZE_END:
        this.#need(byte === LF)
        this.#state = this.#left === 0 ? TRAILERS : DATA
        return
      case CHUNK_CR:
        this.#need(byte === CR)
        this.#state = CHUNK_LF
        return
      case CHUNK_LF:
        this.#need(byte === LF)
        this.#state = SIZE
        this.#digits = 0
        return
      default:
        this.#trailer(byte)
    }
  }

  #size(byte: number): void {
    const digit = hexDigit(byte)
    if (digit >= 0) {
      this.#need(++this.#digits <= MOST_DIGITS)
      this.#left = this.#left * 16 + digit
      return
    }
    this.#need(this.#digits > 0 && (byte === CR || byte === SEMICOLON))
    if (byte === CR) this.#state = SIZE_END
    else {
      this.#state = EXTENSION
      this.#keep(byte)
    }
  }

  #extension(byte: number): void {
    if (byte !== CR) {
      this.#keep(byte)
      return
    }
    this.#need(EXTENSIONS.test(this.#line))
    this.#line = ''
    this.#state = SIZE_END
  }

  #trailer(byte: number): void {
    this.#keep(byte)
    if (byte !== LF || (this.#line !== LINE_END && !this.#line.endsWith(LAST_LINES))) return
    this.#need(TRAILER_LINES.test(this.#line) && !FRAMING.test(this.#line))
    this.#state = DONE
  }

  #keep(byte: number): void {
    this.#need(++this.#beside <= MOST_HEAD)
    this.#line += String.fromCharCode(byte)
  }

  #need(right: boolean): void {
    if (!right) throw new ReplyFlaw('the chunks of the reply are none')
  }
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}
