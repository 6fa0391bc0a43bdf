import { LOGGED } from './header.ts'
import { LOG_WORDS } from './memory.ts'

/**
 * What words were before the change that is under way. A thread can be ended between any two statements; whoever finds that
 * puts back what is here, and no change is seen by halves. What is saved is complete before its length says so.
 */
export class Undo {
  readonly #ints: Int32Array
  readonly #first: number

  /** @param ints of the whole memory @param word where the log begins */
  constructor(ints: Int32Array, word: number) {
    this.#ints = ints
    this.#first = word * 2
  }

  /** Remembers words as they are; to be called before they are changed. @throws RangeError where there is no room */
  save(word: number, count: number): void {
    const ints = this.#ints
    const logged = ints[LOGGED] ?? 0
    const length = count * 2
    if (logged + length + 2 > LOG_WORDS * 2) throw new RangeError('a call touches more counters than can be undone')
    let to = this.#first + logged
    for (let from = word * 2, end = from + length; from < end; from++) ints[to++] = ints[from] ?? 0
    ints[to++] = word
    ints[to] = count
    ints[LOGGED] = logged + length + 2
  }

  /** The change is whole. */
  forget(): void {
    this.#ints[LOGGED] = 0
  }

  /** Puts everything back, the last first. To do it twice, or again after half of it, is as good as once. */
  replay(): void {
    const ints = this.#ints
    let left = ints[LOGGED] ?? 0
    while (left > 0) {
      const end = this.#first + left
      const [word = 0, count = 0] = [ints[end - 2], ints[end - 1]]
      const from = end - 2 - count * 2
      for (let i = 0; i < count * 2; i++) ints[word * 2 + i] = ints[from + i] ?? 0
      left -= count * 2 + 2
    }
    ints[LOGGED] = 0
  }
}
