import { NONE, type Place } from './place.ts'

/**
 * Slots that a key may lie in, in an order that follows from its hash. Where all of them are in use, a call is refused that needs
 * another: with nine tenths of the table in use that is one in a thousand.
 */
const PROBED = 64

/**
 * Slots by key, in shared memory; each begins with two words that say whose it is. Nothing is ever moved or linked, so that
 * there is nothing of it that could be left half done: a slot that nobody needs goes to the next key that comes by. Only to be
 * used by whoever holds the lock.
 */
export class Table {
  readonly #ints: Int32Array
  readonly #first: number
  readonly #mask: number
  readonly #stride: number
  /** Whether nobody needs a slot any more: 0, or else the larger, the better it can be had. */
  readonly #idle: (word: number) => number

  constructor(ints: Int32Array, first: number, slots: number, stride: number, idle: (word: number) => number) {
    this.#ints = ints
    this.#first = first
    this.#mask = slots - 1
    this.#stride = stride
    this.#idle = idle
  }

  /** A slot's first word, or `NONE`. */
  find(place: Place): number {
    if (place.word !== NONE && this.isAt(place.word, place)) return place.word
    for (let n = 0; n < PROBED && n <= this.#mask; n++) {
      const word = this.#probe(place, n)
      if (this.#isUnused(word)) break
      if (!this.isAt(word, place)) continue
      place.word = word
      return word
    }
    return NONE
  }

  /** A slot for one that has none, or `NONE` where there is no room. What is in it is to be saved and cleared by the caller. */
  room(place: Place): number {
    let [best, most] = [NONE, 0]
    for (let n = 0; n < PROBED && n <= this.#mask; n++) {
      const word = this.#probe(place, n)
      if (this.#isUnused(word)) return best === NONE ? word : best
      const idle = this.#idle(word)
      if (idle > most) [best, most] = [word, idle]
    }
    return best
  }

  /** Says whose a slot is from now on. */
  give(word: number, place: Place): void {
    const ints = this.#ints
    const at = word * 2
    ints[at] = place.a
    ints[at + 1] = place.b
    ints[at + 2] = place.c
    ints[at + 3] = place.d
    place.word = word
  }

  isAt(word: number, { a, b, c, d }: Place): boolean {
    const ints = this.#ints
    const at = word * 2
    return ints[at] === a && ints[at + 1] === b && ints[at + 2] === c && ints[at + 3] === d
  }

  /** All slots, by their first words. */
  *words(): Generator<number> {
    for (let slot = 0; slot <= this.#mask; slot++) yield this.#wordOf(slot)
  }

  /** Odd steps lead to all slots there are. */
  #probe({ b, c }: Place, n: number): number {
    return this.#wordOf(c + Math.imul(n, b | 1))
  }

  #wordOf(slot: number): number {
    return this.#first + (slot & this.#mask) * this.#stride
  }

  #isUnused(word: number): boolean {
    return this.#ints[word * 2] === 0
  }
}
