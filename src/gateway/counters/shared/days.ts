import { DAY_MS } from '../../../core/limit.ts'
import type { SavedLevel } from '../../limits/memory.ts'
import { add, levelOf, limitOf } from '../../limits/slot.ts'
import type { Arena } from './arena.ts'
import { DAYS_CHANGED } from './header.ts'
import { NONE, type Place, type Places } from './place.ts'
import { CHANGED, MARKS, NAMED, type SharedWindows, STATE } from './windows.ts'

type Named = { key: string; place: Place }

/** The windows of days as the machine saves them and takes them up. */
export class SharedDays {
  readonly #arena: Arena
  readonly #windows: SharedWindows
  readonly #places: Places
  readonly #now: () => number
  /** By the slot's first word: who had it when it was last said. */
  readonly #named = new Map<number, Named>()

  constructor(arena: Arena, windows: SharedWindows, places: Places, now: () => number) {
    this.#arena = arena
    this.#windows = windows
    this.#places = places
    this.#now = now
  }

  get changed(): boolean {
    return Atomics.load(this.#arena.ints, DAYS_CHANGED) !== 0
  }

  /** Slots that have changed since this was last asked. What changes from now on is another change. */
  take(): number[] {
    const { ints } = this.#arena
    Atomics.store(ints, DAYS_CHANGED, 0)
    this.#windows.names.hear((word, key) => this.#named.set(word, { key, place: this.#places.of(key) }))
    return [...this.#named.keys()].filter((word) => ((ints[(word + MARKS) * 2] ?? 0) & CHANGED) !== 0)
  }

  /** The levels of some of them, which are then as saved; under the lock. */
  levels(words: readonly number[]): SavedLevel[] {
    const { ints, floats } = this.#arena
    const now = this.#now()
    return words.flatMap((word) => {
      const named = this.#named.get(word)
      if (!named) return []
      if (!this.#windows.table.isAt(word, named.place)) {
        // It had drained, and the slot is another window's.
        this.#named.delete(word)
        return []
      }
      ints[(word + MARKS) * 2] = NAMED
      return [{ key: named.key, level: levelOf(floats, word + STATE, now, 0), limit: limitOf(floats, word + STATE) }]
    })
  }

  /** Adds what is still used of a day's window since before; under the lock. Where there is no room it is forgotten. */
  restore({ key, level, limit }: SavedLevel): void {
    const now = this.#now()
    const place = this.#places.of(key)
    const found = this.#windows.table.find(place)
    const word = found === NONE ? this.#windows.claim({ key, limit, periodMs: DAY_MS }, place, now) : found
    if (word === NONE) return
    this.#windows.save(word, 0)
    add(this.#arena.floats, word + STATE, level, now)
    this.#arena.ints[(word + MARKS) * 2] = NAMED
    this.#named.set(word, { key, place })
  }
}
