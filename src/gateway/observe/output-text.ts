/** Bytes of text that are kept of one reply, at most. */
const MOST = 1_048_576
/** Most answers that a request can ask for; whatever is beyond is heaped onto the first. */
const ANSWERS = 128
/** Bytes that a text gets at first: a part of Node's pool, so that it costs next to nothing. */
const FIRST = 256

/** Which of several names of the same thing a model server uses for its thoughts; some use two at once. */
const THOUGHTS = ANSWERS + 1

/**
 * What a model has said so far, each answer by itself, for the case that its tokens have to be counted: the bytes as JSON has
 * them, escaped, so that nothing is decoded for the many replies that say themselves what they used.
 */
export class Said {
  readonly #texts: { bytes: Buffer; length: number }[] = []
  #kept = 0
  #beyond = 0

  /** All bytes so far, kept or not. */
  get bytes(): number {
    return this.#kept + this.#beyond
  }

  /** Bytes that were not kept, so that only their number is known. */
  get beyond(): number {
    return this.#beyond
  }

  /** Bytes of the longest of its thoughts' names, as far as they were kept. */
  get thought(): number {
    return this.#thoughts()[0]?.length ?? 0
  }

  /** @param channel 0 for what the model says, any other for a name of what it thinks */
  append(answer: number, channel: number, bytes: Buffer, from: number, to: number): void {
    const end = Math.min(to, from + MOST - this.#kept)
    this.#beyond += to - end
    if (end === from) return
    this.#kept += end - from
    const place = channel === 0 ? (answer < ANSWERS ? answer : 0) : THOUGHTS + channel
    const text = this.#texts[place]
    if (text === undefined) {
      const room = Buffer.allocUnsafe(Math.max(FIRST, end - from))
      this.#texts[place] = { bytes: room, length: bytes.copy(room, 0, from, end) }
      return
    }
    const needed = text.length + end - from
    if (needed > text.bytes.length) {
      const room = Buffer.allocUnsafe(Math.max(needed, text.bytes.length * 2))
      text.bytes.copy(room, 0, 0, text.length)
      text.bytes = room
    }
    bytes.copy(text.bytes, text.length, from, end)
    text.length = needed
  }

  /** By their names, the longest first. */
  #thoughts() {
    const thoughts = this.#texts.slice(ANSWERS).filter((text) => text !== undefined)
    return thoughts.sort((a, b) => b.length - a.length)
  }

  /** The texts, as they are read. */
  texts(): string[] {
    const answers = this.#texts.slice(0, ANSWERS).filter((text) => text !== undefined)
    const longest = this.#thoughts()[0]
    return (longest ? [...answers, longest] : answers).map(({ bytes, length }) =>
      unescaped(bytes.toString('utf8', 0, length)),
    )
  }
}

/** A reply may have broken off within an escape; whatever cannot be read is close enough for counting as it is. */
function unescaped(text: string): string {
  for (const whole of [text, text.replace(/\\(u[0-9a-fA-F]{0,3})?$/, '')]) {
    try {
      return JSON.parse(`"${whole}"`)
    } catch {
      // Not as it is: without its end, perhaps.
    }
  }
  return text
}
