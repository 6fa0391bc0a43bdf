import { CLOSE_OBJECT, OPEN_OBJECT } from '../../core/json-bytes.ts'
import type { Asked, Outcome } from '../call.ts'
import type { Declaration, WatchedReply } from '../routes/declaration.ts'
import { isEventStream } from '../upstreams/forwarding.ts'
import { NOTHING_USED, type Used } from '../use.ts'
import { EventStream } from './event-stream.ts'
import { JsonWatch } from './json-watch.ts'
import { tellWhole } from './json-whole.ts'
import { Reading } from './reply-facts.ts'
import type { TokenCounter } from './token-counter.ts'
import { type Reported, readUsage } from './usage-object.ts'

/** Watches one reply on its way to the client, for what it says that the call has used. */
export interface Observer {
  /** Takes the next bytes of the reply. What the client gets of them now; null: nothing yet. */
  chunk(bytes: Buffer): Buffer | null
  /** The reply is complete. What the client still gets; null: nothing. */
  end(): Buffer | null
  /** What the call has used, once the reply is over in whatever way; a promise where it is counted, for seconds perhaps. Never fails. */
  used(end: Outcome['end']): Used | Promise<Used>
  /** Told as soon as that id is whole, before its last bytes are handed to the client. */
  onResponseId: ((id: string) => void) | null
  /** Whether it has said more than twice what its call can be charged with. */
  readonly overran: boolean
}

export type Observed = {
  route: Pick<Declaration, 'reply'>
  asked: Asked
  /** Of the reply; empty where it names none. */
  contentType: string
  status: number
  tokens: TokenCounter
}

/** Of sound compressed to 128 kbit/s. */
const BYTES_PER_SECOND = 16_000
/** Bytes of the largest event about one token, with all the probabilities there are. */
const EVENT_BYTES = 8192
/** Events and bytes that a reply may have besides: signs of life, images of a tool. */
const IDLE_EVENTS = 1000
const IDLE_BYTES = 67_108_864
/** Bytes that JSON can write a byte of text with. */
const LONGEST_ESCAPE = 6
/** Bytes of a reply that is parsed rather than scanned: of larger ones most is what nobody looks at. */
const SMALL = 16_384

/** The observer of a reply whose head has come. */
export function observe(observed: Observed): Observer {
  const { reply } = observed.route
  return reply.kind === 'plain' || observed.status >= 400 ? new Passing() : new Watch(reply, observed)
}

/**
 * What a call has used whose client left after the request was sent and before the reply began. Its input has been read, or a
 * client could have it read for nothing, again and again, and images may be made already; of an output nobody has seen a word.
 */
export async function usedUnseen({
  route: { reply },
  asked,
  tokens,
}: Pick<Observed, 'route' | 'asked' | 'tokens'>): Promise<Used> {
  if (reply.kind === 'plain') return NOTHING_USED
  const images = reply.makesImages ? asked.worst.images : 0
  return { ...NOTHING_USED, images, inputTokens: reply.counts === 'nothing' ? 0 : await inputTokensOf(asked, tokens) }
}

function inputTokensOf(asked: Asked, tokens: TokenCounter): number | Promise<number> {
  const text = asked.inputText()
  if (text === null) return asked.worst.inputTokens
  return tokens.count([text]).then((counted) => counted + asked.besideText)
}

/** A reply that says nothing of use. */
class Passing implements Observer {
  onResponseId = null
  readonly overran = false

  chunk(bytes: Buffer): Buffer {
    return bytes
  }

  end(): null {
    return null
  }

  used(): Used {
    return NOTHING_USED
  }
}

class Watch implements Observer {
  readonly #reply: WatchedReply
  readonly #asked: Asked
  readonly #tokens: TokenCounter
  readonly #reading: Reading
  readonly #events: EventStream | null
  #scan: JsonWatch | null = null
  /** Whether all that matters of the reply is known. */
  #known = false
  #over = false
  onResponseId: ((id: string) => void) | null = null
  /** Of the reply, so far. */
  #bytes = 0
  /** Tokens beyond which it is said too much. */
  readonly #most: number

  constructor(reply: WatchedReply, { asked, contentType, tokens }: Observed) {
    this.#reply = reply
    this.#asked = asked
    this.#tokens = tokens
    this.#most = 2 * (asked.caps.outputTokens ?? Number.POSITIVE_INFINITY)
    this.#reading = new Reading((id) => this.onResponseId?.(id))
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
    const { inputTokens, outputTokens } = readUsage(value.usage)
    if (counts !== 'nothing' && !inputTokens) return false
    if (counts === 'input_and_output' && !outputTokens) return false
    tellWhole(whole, value, this.#reading)
    return true
  }

  end(): Buffer | null {
    if (this.#over) return null
    this.#over = true
    const rest = this.#events?.end() ?? null
    this.#reading.eventEnded()
    return rest
  }

  used(end: Outcome['end']): Used | Promise<Used> {
    this.end()
    const reported = readUsage(this.#reading.usage)
    const input = this.#input(reported.inputTokens)
    const output = this.#output(reported.outputTokens)
    // Most replies say all of it, and nothing is waited for.
    if (typeof input === 'number' && typeof output === 'number') {
      return this.#used(end, reported, input, output)
    }
    return Promise.all([input, output]).then(([input, output]) => this.#used(end, reported, input, output))
  }

  #used(end: Outcome['end'], reported: Reported, inputTokens: number, outputTokens: number): Used {
    const { toolCalls, serviceTier, duration } = this.#reading
    return {
      inputTokens,
      cachedInputTokens: reported.cachedInputTokens,
      outputTokens,
      inputAudioTokens: reported.inputAudioTokens,
      inputImageTokens: reported.inputImageTokens,
      outputAudioTokens: reported.outputAudioTokens,
      outputImageTokens: reported.outputImageTokens,
      images: this.#images(end),
      seconds: reported.seconds ?? duration ?? this.#heard(),
      webSearchCalls: toolCalls.webSearch,
      fileSearchCalls: toolCalls.fileSearch,
      codeInterpreterSessions: toolCalls.codeInterpreter,
      serviceTier: serviceTier !== null && /^[\w.-]{1,64}$/.test(serviceTier) ? serviceTier : null,
    }
  }

  /** Seconds of audio where the reply does not say: by its size, as speech is usually recorded. */
  #heard(): number {
    return this.#reply.hears ? Math.ceil((this.#asked.worst.audioMegabytes * 1_000_000) / BYTES_PER_SECOND) : 0
  }

  /** A model that was asked something has read something: none is what servers report that do not know. */
  #input(reported: number | null): number | Promise<number> {
    if (this.#reply.counts === 'nothing' || (reported ?? 0) > 0) return reported ?? 0
    return inputTokensOf(this.#asked, this.#tokens)
  }

  /** Reported output counts, unless the model went on after the report: then what was said, if that is more. */
  #output(reported: number | null): number | Promise<number> {
    const { said, saidMore } = this.#reading
    const isLastWord = (reported ?? 0) > 0 && !saidMore
    if (this.#reply.counts !== 'input_and_output' || isLastWord || said.bytes === 0) return reported ?? 0
    const beyond = Math.ceil(said.beyond / 4)
    return this.#tokens.count(said.texts()).then((counted) => Math.max(reported ?? 0, counted + beyond))
  }

  /** A server begins a reply when its images are made, and a stream when it makes one: leaving then does not unmake them. */
  #images(end: Outcome['end']): number {
    const { images: seen, imageBegun } = this.#reading
    if (end === 'complete' || !this.#reply.makesImages) return seen
    return this.#events === null ? Math.max(seen, this.#asked.worst.images) : seen + (imageBegun ? 1 : 0)
  }
}
