import { NAMES_READ, NAMES_WRITTEN } from './header.ts'
import { NAME_WORDS, type SharedMemory } from './memory.ts'

/** 16-bit units there are: a power of two, so that positions go on for ever. */
const UNITS = NAME_WORDS * 4
/** Before each name: its slot's word in two halves, and how long it is. */
const HEAD = 3

/**
 * Tells the machine what the keys are of the windows that it saves: of a key the memory has only what stands for it. A ring that
 * whoever holds the lock writes, and the machine reads.
 */
export class Names {
  readonly #ints: Int32Array
  readonly #units: Uint16Array

  /** @param word where they lie */
  constructor(memory: SharedMemory, ints: Int32Array, word: number) {
    this.#ints = ints
    this.#units = new Uint16Array(memory.bytes, word * 8, UNITS)
  }

  /** Says a name; false where there is no room until the machine has read some. */
  say(word: number, key: string): boolean {
    const written = this.#ints[NAMES_WRITTEN] ?? 0
    const waiting = (written - Atomics.load(this.#ints, NAMES_READ)) >>> 0
    if (waiting + HEAD + key.length > UNITS) return false
    this.#put(written, word & 0xffff)
    this.#put(written + 1, word >>> 16)
    this.#put(written + 2, key.length)
    for (let i = 0; i < key.length; i++) this.#put(written + HEAD + i, key.charCodeAt(i))
    // Only now it is there: who ends before has said nothing.
    Atomics.store(this.#ints, NAMES_WRITTEN, (written + HEAD + key.length) | 0)
    return true
  }

  /** Hears what was said since the last time; only the machine. */
  hear(told: (word: number, key: string) => void): void {
    const written = Atomics.load(this.#ints, NAMES_WRITTEN)
    let at = this.#ints[NAMES_READ] ?? 0
    while (at !== written) {
      const word = this.#get(at) | (this.#get(at + 1) << 16)
      const length = this.#get(at + 2)
      let key = ''
      for (let i = 0; i < length; i++) key += String.fromCharCode(this.#get(at + HEAD + i))
      told(word, key)
      at = (at + HEAD + length) | 0
    }
    Atomics.store(this.#ints, NAMES_READ, at)
  }

  #put(at: number, unit: number): void {
    this.#units[at & (UNITS - 1)] = unit
  }

  #get(at: number): number {
    return this.#units[at & (UNITS - 1)] ?? 0
  }
}
