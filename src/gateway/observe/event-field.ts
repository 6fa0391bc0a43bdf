import { COLON } from '../../core/json-bytes.ts'

/** Where in a line of a stream of events the next byte is: in the field's name, in a value that is looked at, or in another. */
export type Place = 'name' | 'data' | 'event' | 'other'

const [LF, CR, SPACE] = [0x0a, 0x0d, 0x20]
const DATA = Buffer.from('data:')
const EVENT = Buffer.from('event:')
/** By their first bytes. */
const names: ReadonlyMap<number, Buffer> = new Map(
  [DATA, EVENT, Buffer.from('id:'), Buffer.from('retry:')].map((name) => [name[0] ?? 0, name]),
)
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
    if (this.#matched === 0) {
      const first = bytes[from] ?? 0
      const name = names.get(first)
      if (name === undefined) return this.#isOther(first !== COLON, from)
      this.#name = name
    }
    let at = from
    while (this.#matched < this.#name.length && at < bytes.length && !isBreak(bytes[at])) {
      if (bytes[at] !== this.#name[this.#matched]) return this.#isOther(true, at)
      this.#matched++
      at++
    }
    if (this.#matched < this.#name.length) return at
    this.place = this.#name === DATA ? 'data' : this.#name === EVENT ? 'event' : 'other'
    return at
  }

  /** Reads on in the name of an event. */
  word(bytes: Buffer, from: number, to: number): void {
    for (let at = from; at < to && this.#word < ANOTHER; at++) {
      if (this.#word === 0 && bytes[at] !== SPACE) this.#word = 1
      this.#word = bytes[at] === ERROR[this.#word] ? this.#word + 1 : ANOTHER
    }
  }

  #isOther(isForeign: boolean, at: number): number {
    this.place = 'other'
    this.isForeign = isForeign
    return at
  }
}

export const isBreak = (byte: number | undefined) => byte === LF || byte === CR
