/** Bytes after which a text is cut where it next can be: JSON of that size is parsed in a few milliseconds. */
const SLICE = 131_072

/** A comma between two members or two items, and what is open around it. */
export type Cut = {
  at: number
  /** The byte that opened each of what is open, from the outermost on. */
  open: readonly number[]
  /** Where the name of the member that is open in each of these begins and ends; of a list and of the innermost it says nothing. */
  keys: readonly number[]
}

/** Remembers, while a text is scanned, where it could be cut into slices that can be parsed one by one. */
export class Cuts {
  readonly found: Cut[] = []
  readonly #slice: number
  readonly #open: number[] = []
  readonly #keys: number[] = []
  #last = 0

  constructor(slice = SLICE) {
    this.#slice = slice
  }

  /** @param depth of what opens: 1 is the outermost */
  opens(depth: number, byte: number): void {
    this.#open[depth - 1] = byte
    this.#keys[depth * 2 - 2] = -1
    this.#keys[depth * 2 - 1] = -1
  }

  named(depth: number, start: number, end: number): void {
    this.#keys[depth * 2 - 2] = start
    this.#keys[depth * 2 - 1] = end
  }

  comma(depth: number, at: number): void {
    if (at - this.#last < this.#slice || depth === 0) return
    this.#last = at
    this.found.push({ at, open: this.#open.slice(0, depth), keys: this.#keys.slice(0, depth * 2) })
  }
}
