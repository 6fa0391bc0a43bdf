import type { Envelopes } from '../envelopes/envelopes.ts'
import { Beginning } from '../envelopes/refusal.ts'
import { invalidReply } from '../upstreams/failures.ts'

const [TAB, LF, CR, BLANK, MARK] = [0x09, 0x0a, 0x0d, 0x20, [0xef, 0xbb, 0xbf]] as const
/** What may stand before a reply and says nothing: blanks, and a byte order mark. */
const NOTHING: readonly number[] = [TAB, LF, CR, BLANK, ...MARK]
/** What a line of an event begins with. */
const BEGINNINGS = ['data:', 'event:', 'id:', 'retry:', ':']
const LONGEST_BEGINNING = 'retry:'.length

/** What comes to a client whose stream has begun before its reply did: a part of the stream, whatever the reply is. */
export interface LateReply {
  /** What the client gets of it now; null: nothing. */
  chunk: (bytes: Buffer) => Buffer | null
  /** What is still to be said once it is whole. */
  end: () => string
}

/** The event that a failure is told in. */
export const errorEvent = (data: object): string => eventOf(JSON.stringify(data))

const eventOf = (json: string) => `event: error\ndata: ${json}\n\n`

/**
 * @param events whether it says of itself that it is a stream of events
 * @param envelopes of the API that the client speaks
 * @param isShaped whether a refusal has the shape of that API already, on one line
 */
export function lateReply(status: number, events: boolean, envelopes: Envelopes, isShaped: boolean): LateReply {
  if (status >= 400) return isShaped ? new Shaped() : new Refusal(status, envelopes)
  return events ? new Events() : new Answer(envelopes)
}

/** As it comes, but for a byte order mark: that may stand at the beginning of a stream alone, and this one has begun. */
class Events implements LateReply {
  #matched = 0

  chunk(bytes: Buffer): Buffer {
    let at = 0
    for (; this.#matched >= 0 && this.#matched < MARK.length && at < bytes.length; at++) {
      if (bytes[at] === MARK[this.#matched]) this.#matched++
      else {
        const begun = MARK.slice(0, this.#matched)
        this.#matched = -1
        return at === begun.length ? bytes : Buffer.concat([Buffer.from(begun), bytes.subarray(at)])
      }
    }
    return bytes.subarray(at)
  }

  end(): string {
    return ''
  }
}

/** A server that does not stream: its JSON is one event, on one line, for line breaks are blanks in JSON. */
class Answer implements LateReply {
  readonly #envelopes: Envelopes
  #as: LateReply | null | undefined
  /** What has come of it while that is open. */
  #begun: Buffer = Buffer.alloc(0)

  constructor(envelopes: Envelopes) {
    this.#envelopes = envelopes
  }

  chunk(bytes: Buffer): Buffer | null {
    if (this.#as !== undefined) return this.#as === null ? onOneLine(bytes) : this.#as.chunk(bytes)
    const all = Buffer.concat([this.#begun, bytes])
    const first = all.findIndex((byte) => !NOTHING.includes(byte))
    if (first < 0) return null
    const content = all.subarray(first)
    const text = content.toString('latin1', 0, LONGEST_BEGINNING)
    if (BEGINNINGS.some((one) => one !== text && one.startsWith(text))) {
      this.#begun = content
      return null
    }
    // Servers exist that label events otherwise; what is neither cannot be told on a stream.
    if (BEGINNINGS.some((one) => text.startsWith(one))) this.#as = new Events()
    else this.#as = /^[[{]/.test(text) ? null : new Unreadable(this.#envelopes)
    return this.#as === null ? Buffer.concat([Buffer.from('data: '), onOneLine(content)]) : this.#as.chunk(content)
  }

  end(): string {
    return this.#as === null ? '\n\n' : (this.#as ?? new Unreadable(this.#envelopes)).end()
  }
}

class Unreadable implements LateReply {
  readonly #envelopes: Envelopes

  constructor(envelopes: Envelopes) {
    this.#envelopes = envelopes
  }

  chunk(): null {
    return null
  }

  end(): string {
    return errorEvent(this.#envelopes.of(invalidReply(new Error('no stream of events'))))
  }
}

/** In the server's own words where these have the shape, else put into it. */
class Refusal implements LateReply {
  readonly #status: number
  readonly #envelopes: Envelopes
  readonly #begun = new Beginning()

  constructor(status: number, envelopes: Envelopes) {
    this.#status = status
    this.#envelopes = envelopes
  }

  chunk(bytes: Buffer): null {
    this.#begun.add(bytes)
    return null
  }

  end(): string {
    return errorEvent(this.#envelopes.refused(this.#status, this.#begun.text))
  }
}

/** One that was put into the shape before it came here. */
class Shaped implements LateReply {
  readonly #parts: Buffer[] = []

  chunk(bytes: Buffer): null {
    this.#parts.push(bytes)
    return null
  }

  end(): string {
    return eventOf(Buffer.concat(this.#parts).toString())
  }
}

function onOneLine(bytes: Buffer): Buffer {
  return Buffer.from(bytes.map((byte) => (byte === LF || byte === CR ? BLANK : byte)))
}
