const [LF, CR, COLON, I, D] = [0x0a, 0x0d, 0x3a, 0x69, 0x64]

/**
 * Where a stream of events, cut anywhere, stands between two of them: at the beginning of a line, when no line of an event has
 * come since the last empty one. Comments belong to no event. Behind a CR the other half of a line's end may follow.
 */
export class EventGap {
  #line: 'start' | 'comment' | 'field' = 'start'
  #begun = false
  #afterCr = false
  /** How lines have ended so far. */
  #crlf = false
  #bareCr = false
  /** Whether this line has begun with an `i`, and whether an event has had an id. */
  #afterI = false
  #hasIds = false

  /** Whether something may be said now that is no part of an event. */
  get isOpen(): boolean {
    return this.#line === 'start' && !this.#begun && (!this.#afterCr || this.#bareCr)
  }

  /**
   * A comment that stands by itself for whoever looks for the empty lines between events; but some clients take an empty line
   * behind an id for an event.
   */
  get comment(): string {
    const end = this.#crlf ? '\r\n' : '\n'
    return `: keep-alive${end}${this.#hasIds ? '' : end}`
  }

  /** Told of all that is sent of the stream. */
  passed(bytes: Buffer): void {
    for (const byte of bytes) this.#pass(byte)
  }

  #pass(byte: number): void {
    if (this.#afterCr) {
      this.#afterCr = false
      if (byte === LF) {
        this.#crlf = true
        return
      }
      this.#bareCr = true
    }
    if (byte === LF || byte === CR) {
      if (this.#line === 'start') this.#begun = false
      this.#line = 'start'
      this.#afterCr = byte === CR
      this.#afterI = false
    } else if (this.#line === 'start') {
      this.#line = byte === COLON ? 'comment' : 'field'
      this.#begun ||= byte !== COLON
      this.#afterI = byte === I
    } else if (this.#afterI) {
      this.#afterI = false
      this.#hasIds ||= byte === D
    }
  }
}
