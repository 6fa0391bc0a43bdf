import { COLON } from '../../core/json-bytes.ts'

/** Where in a line of a stream of events the next byte is: in the field's name, in a value that is looked at, or in another. */
export type Place = 'name' | 'data' | 'event' | 'other'

const [LF, CR, SPACE] = [0x0a, 0x0d, 0x20]
const DATA = Buffer.from('data:')
const EVENT = Buffer.from('event:')
const ID = Buffer.from('id:')
const RETRY = Buffer.from('retry:')
/** The name of an event that is a failure, and one that is no such name. */
const ERROR = Buffer.from(' error')
const ANOTHER = ERROR.length + 1

/** Reads what field a line is, cut anywhere. */
export class EventField {
  place: Place = 'name'
  /** Whether the line is of a name that no event has; a comment is none. */
  isForeign = false
  #name: Buffer = DATA
  /** How many bytes of the name have come, and of the word that is a failure. */
  #matched = 0
  #word = 0

  get isEmpty(): boolean {
    return this.place === 'name' && this.#matched === 0
  }

  /** Whether the line names the event as a failure. */
  get isError(): boolean {
    return this.place === 'event' && this.#word === ERROR.length
  }

  /** Begins another line. */
  reset(): void {
    this.place = 'name'
    this.isForeign = false
    this.#matched = 0
    this.#word = 0
  }

  /** Reads on in the name. @returns where its value begins, or whatever stands there instead */
  read(bytes: Buffer, from: number): number {
    let matched = this.#matched
    const name = matched === 0 ? nameAt(bytes[from]) : this.#name
    if (name === null) return this.#isOther(bytes[from] !== COLON, from)
    let at = from
    for (; matched < name.length && at < bytes.length; at++, matched++) {
      if (bytes[at] === name[matched]) continue
      if (!isBreak(bytes[at])) return this.#isOther(true, at)
      break
    }
    this.#name = name
    this.#matched = matched
    if (matched === name.length) this.place = name === DATA ? 'data' : name === EVENT ? 'event' : 'other'
    return at
  }

  /** Reads on in the name of an event. */
  word(bytes: Buffer, from: number, to: number): void {
    let word = this.#word
    for (let at = from; at < to && word < ANOTHER; at++) {
      if (word === 0 && bytes[at] !== SPACE) word = 1
      word = bytes[at] === ERROR[word] ? word + 1 : ANOTHER
    }
    this.#word = word
  }

  #isOther(isForeign: boolean, at: number): number {
    this.place = 'other'
    this.isForeign = isForeign
    return at
  }
}

/** The name that begins so. */
function nameAt(first: number | undefined): Buffer | null {
  if (first === DATA[0]) return DATA
  if (first === EVENT[0]) return EVENT
  if (first === ID[0]) return ID
  return first === RETRY[0] ? RETRY : null
}

export const isBreak = (byte: number | undefined) => byte === LF || byte === CR
