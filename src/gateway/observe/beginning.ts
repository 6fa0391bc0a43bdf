import { COLON, OPEN_OBJECT } from '../../core/json-bytes.ts'
import { isEventStream } from '../upstreams/forwarding.ts'

/** What a reply is, by its bytes: one JSON object, a stream of events, a page for people, or something else. */
export type Form = 'json' | 'events' | 'page' | 'other'

const [LF, CR, TAB, SPACE, OPEN_TAG] = [0x0a, 0x0d, 0x09, 0x20, 0x3c]
/** A byte order mark in UTF-8: no reader takes it for content. */
const MARK = [0xef, 0xbb, 0xbf]
/** How the names of an event's fields begin: data, event, id, retry. */
const FIELDS = [...Buffer.from('deir')]
const PAGE = /^<(!doctype|html|\?xml)/i
const MOST_OF_TAG = '<!doctype'.length

/** What decides where bytes leave it open. */
export type Hints = {
  /** It is said to be a stream of events, and it is said or was asked to be one. */
  isNamed: boolean
  isStream: boolean
  /** It is said to be a page, so that whatever begins with a tag is one. */
  isPage: boolean
  /** It is said to be plain text. */
  isText: boolean
  /** It is said to be what was asked for, whatever its bytes look like: sound, numbers as bytes, or as plain text what was heard. */
  isContent: boolean
}

/** Of nearly every reply. */
const JSON_WHOLE: Hints = { isNamed: false, isStream: false, isPage: false, isText: false, isContent: false }
const JSON_STREAM: Hints = { ...JSON_WHOLE, isStream: true }

/**
 * @param contentType of the reply; empty where it names none
 * @param isAsked whether a stream is asked for
 * @param isHeard whether what was heard is
 * @param isRead whether what was read is told in numbers, or sound is made of it
 */
export function hintsOf(contentType: string, isAsked: boolean, isHeard: boolean, isRead: boolean): Hints {
  if (contentType === 'application/json') return isAsked ? JSON_STREAM : JSON_WHOLE
  const isNamed = isEventStream(contentType)
  const isPage = /^text\/html *(;|$)/i.test(contentType)
  const isText = !isNamed && !isPage && /^text\//i.test(contentType)
  const isStream = isNamed || isAsked
  const isBytes = isRead && /^application\/octet-stream *(;|$)/i.test(contentType)
  const isContent = !isStream && (isBytes || /^audio\//i.test(contentType) || (isHeard && isText))
  return { isNamed, isStream, isPage, isText, isContent }
}

/**
 * Finds out what a reply is by the first bytes that matter, cut anywhere: a byte order mark, blank lines and comments come
 * before objects and events alike. What its label says decides nothing but what its bytes leave open.
 */
export class Beginning {
  readonly #hints: Hints
  /** Bytes of the mark that have come; -1: it is over. */
  #mark = 0
  #inComment = false
  /** What has come of what may be a page. */
  #tag = ''
  /** Where the content begins in the bytes that were looked at last. */
  at = 0

  constructor(hints: Hints) {
    this.#hints = hints
  }

  /** Reads on. @returns null while that is open */
  look(bytes: Buffer): Form | null {
    for (this.at = 0; this.at < bytes.length; this.at++) {
      const form = this.#next(bytes[this.at] ?? 0)
      if (form !== null) return form
    }
    return null
  }

  #next(byte: number): Form | null {
    if (this.#tag !== '') return this.#inTag(byte)
    if (this.#mark >= 0) {
      const isMark = byte === MARK[this.#mark]
      this.#mark = isMark && this.#mark < 2 ? this.#mark + 1 : -1
      if (isMark) return null
    }
    if (byte === LF || byte === CR) this.#inComment = false
    if (this.#inComment || byte === LF || byte === CR || byte === SPACE || byte === TAB) return null
    if (byte === OPEN_OBJECT) return 'json'
    if (this.#hints.isContent) return 'other'
    if (byte === COLON) {
      this.#inComment = true
      return null
    }
    if (byte === OPEN_TAG) return this.#inTag(byte)
    return FIELDS.includes(byte) ? 'events' : this.#rest()
  }

  #inTag(byte: number): Form | null {
    this.#tag += String.fromCharCode(byte)
    if (this.#hints.isPage || PAGE.test(this.#tag)) return 'page'
    return this.#tag.length < MOST_OF_TAG ? null : this.#rest()
  }

  /** Readers of events take no notice of lines that are none. */
  #rest(): Form {
    return this.#hints.isStream ? 'events' : 'other'
  }
}
