import { DAY_MS, fits } from '../../../core/limit.ts'
import type { Window } from '../../limits/limiter.ts'
import { charge, claim, correct, isOpen, levelOf, paceOf, settledTo, takenOf } from '../../limits/slot.ts'
import type { Arena } from './arena.ts'
import { DAYS_CHANGED } from './header.ts'
import { WINDOW_WORDS, windowStride } from './memory.ts'
import { Names } from './names.ts'
import { NONE, type Place } from './place.ts'
import { Table } from './table.ts'

/** In a slot: two words of whose it is, one of marks, those that are counted in, and what each thread has open of it. */
export const MARKS = 2
export const STATE = 3
export const OWN = WINDOW_WORDS
/** Marks of a day's window: the machine was told its name, and it has changed since it was saved. */
export const NAMED = 1
export const CHANGED = 2

/** A call's windows, while it is decided. */
export type Asked = {
  windows: readonly Window[]
  costs: readonly number[]
  places: readonly Place[]
  levels: number[]
  marks: number[]
}

/** The windows of limits in shared memory. Each of its methods is to be called by whoever holds the lock. */
export class SharedWindows {
  readonly table: Table
  readonly names: Names
  readonly #arena: Arena
  readonly #threads: number
  readonly #now: () => number

  /** @param now on the clock that threads share */
  constructor(arena: Arena, now: () => number) {
    const { memory, layout, ints, floats } = arena
    this.#arena = arena
    this.#threads = memory.threads
    this.#now = now
    // Drained ones are as good as no slot, so nothing is forgotten with them.
    const idle = (word: number) => (levelOf(floats, word + STATE, now(), 0) > 0 ? 0 : 1)
    this.table = new Table(ints, layout.windows, memory.windows, windowStride(memory.threads), idle)
    this.names = new Names(memory, ints, layout.names)
  }

  /** Whether all windows have room; works out their levels without the call. */
  fit({ windows, costs, places, levels }: Asked, now: number): boolean {
    const { floats } = this.#arena
    let fit = true
    for (let i = 0; i < windows.length; i++) {
      const [place, limit] = [places[i] as Place, windows[i]?.limit ?? 0]
      const word = this.table.find(place)
      const level = word === NONE ? 0 : levelOf(floats, word + STATE, now, limit)
      if (!fits(level, costs[i] ?? 0, limit)) fit = false
      levels.push(level)
    }
    return fit
  }

  /** Units of each window that drain in one of its periods now. */
  paces({ windows, places }: Asked): number[] {
    return windows.map(({ limit }, i) => {
      const word = this.table.find(places[i] as Place)
      return word === NONE ? limit : paceOf(this.#arena.floats, word + STATE, limit)
    })
  }

  /** Charges all windows; false where there is no room for another one. @param index of the thread that takes */
  charge({ windows, costs, places, levels, marks }: Asked, index: number, now: number): boolean {
    const { floats } = this.#arena
    for (let i = 0; i < windows.length; i++) {
      const [window, place, cost] = [windows[i] as Window, places[i] as Place, costs[i] ?? 0]
      let word = this.table.find(place)
      if (cost === 0) {
        marks.push(word === NONE ? 0 : takenOf(floats, word + STATE))
        continue
      }
      if (word === NONE) word = this.claim(window, place, now)
      else this.save(word, index)
      if (word === NONE) return false
      const taken = takenOf(floats, word + STATE) + cost
      marks.push(taken)
      const level = (levels[i] ?? 0) + cost
      levels[i] = level
      charge(floats, word + STATE, window, cost, level, taken, now)
      floats[word + OWN + index] = (floats[word + OWN + index] ?? 0) + cost
      if (window.periodMs >= DAY_MS) this.#change(word, window.key)
    }
    return true
  }

  /** Puts right what was taken. @param costs as for `Taken.settle` */
  settle({ windows, costs: taken, places, marks }: Asked, costs: readonly number[], index: number): void {
    const now = this.#now()
    for (let i = 0; i < windows.length; i++) {
      const actual = settledTo(costs[i], taken[i] ?? 0)
      if (actual === undefined) continue
      this.#correct(windows[i] as Window, places[i] as Place, marks[i] ?? 0, taken[i] ?? 0, actual, index, now)
    }
  }

  #correct(
    window: Window,
    place: Place,
    mark: number,
    taken: number,
    actual: number,
    index: number,
    now: number,
  ): void {
    const { floats } = this.#arena
    let word = this.table.find(place)
    const open = word !== NONE && isOpen(floats, word + STATE, mark)
    if (!open) {
      // The window had drained: nothing is left that could be given back.
      if (actual <= taken) return
      if (word === NONE) word = this.claim(window, place, now)
      else this.save(word, index)
      if (word === NONE) return
    } else this.save(word, index)
    correct(floats, word + STATE, window.limit, mark, taken, actual, open, now)
    if (open) floats[word + OWN + index] = Math.max(0, (floats[word + OWN + index] ?? 0) - taken)
    if (window.periodMs >= DAY_MS) this.#change(word, window.key)
  }

  /** Whether a thread has something open in a slot; also without the lock, once the thread is no more. */
  isOpen(word: number, index: number): boolean {
    return (this.#arena.floats[word + OWN + index] ?? 0) > 0
  }

  /** Settles what a thread has open that is no more to what was taken: so a level is never below what was used. */
  close(word: number, index: number): void {
    const { floats } = this.#arena
    const taken = floats[word + OWN + index] ?? 0
    this.save(word, index)
    const state = word + STATE
    correct(floats, state, 0, takenOf(floats, state), taken, taken, true, this.#now())
    floats[word + OWN + index] = 0
  }

  /** What is in a slot, and what a thread has open of it, before that is changed. */
  save(word: number, index: number): void {
    this.#arena.undo.save(word + MARKS, WINDOW_WORDS - MARKS)
    this.#arena.undo.save(word + OWN + index, 1)
  }

  /** An empty slot for a window that has none; `NONE` where there is no room. */
  claim(window: Window, place: Place, now: number): number {
    const word = this.table.room(place)
    if (word === NONE) return NONE
    const { floats, ints, undo } = this.#arena
    undo.save(word, windowStride(this.#threads))
    this.table.give(word, place)
    ints[(word + MARKS) * 2] = 0
    for (let i = 0; i < this.#threads; i++) floats[word + OWN + i] = 0
    claim(floats, word + STATE, window.limit, window.periodMs, now)
    return word
  }

  #change(word: number, key: string): void {
    const { ints } = this.#arena
    const at = (word + MARKS) * 2
    const marks = ints[at] ?? 0
    const isNamed = (marks & NAMED) !== 0 || this.names.say(word, key)
    ints[at] = (isNamed ? NAMED : 0) | CHANGED
    if (ints[DAYS_CHANGED] === 0) Atomics.store(ints, DAYS_CHANGED, 1)
  }
}
