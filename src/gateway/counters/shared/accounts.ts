import { type Month, monthOf } from '../../../core/month.ts'
import type { Arena } from './arena.ts'
import { ACCOUNT_WORDS, accountStride } from './memory.ts'
import { NONE, type Place } from './place.ts'
import { Table } from './table.ts'

/** In a slot: two words of whose it is, when it was last loaded, whether it ever was, and two months beside each other. */
const USED = 2
const LOADED = 3
const MONTHS = 4
const MONTH_WORDS = 6
/**
 * In a month: when it begins, by which it is known; nano-dollars; and the number of the reading that `WRITTEN` is of. `BATCHES` is what those hold
 * that have not ended, as the database had it.
 */
const FROM = 0
const WRITTEN = 1
const UNWRITTEN = 2
const RESERVED = 3
const READING = 4
const BATCHES = 5

/** What the database has of an account: nano-dollars. */
export type ReadOf = { spent: bigint; held: bigint }

/** How long rules are believed, and more: an account that was loaded within this may still be asked for. */
const BELIEVED_MS = 10_000

/** The accounts of money in shared memory. Each of its methods is to be called by whoever holds the lock. */
export class SharedAccounts {
  readonly table: Table
  readonly #arena: Arena
  readonly #threads: number

  /** @param now on the clock that threads share */
  constructor(arena: Arena, now: () => number) {
    const { memory, layout, ints, floats } = arena
    this.#arena = arena
    this.#threads = memory.threads
    const idle = (word: number) => {
      const unusedMs = now() - (floats[word + USED] ?? 0)
      return unusedMs > BELIEVED_MS && this.#isIdle(word) ? unusedMs : 0
    }
    this.table = new Table(ints, layout.accounts, memory.accounts, accountStride(memory.threads), idle)
  }

  /** An account's slot, made where there is none; `NONE` where there is no room. */
  open(place: Place, now: number): number {
    const { undo, floats, bigs } = this.#arena
    let word = this.table.find(place)
    if (word === NONE) {
      word = this.table.room(place)
      if (word === NONE) return NONE
      const words = accountStride(this.#threads)
      undo.save(word, words)
      bigs.fill(0n, word, word + words)
      this.table.give(word, place)
    } else undo.save(word + USED, 1)
    floats[word + USED] = now
    return word
  }

  /** A slot where the total was read of, or `NONE`. */
  loaded(place: Place): number {
    const word = this.table.find(place)
    return word === NONE || this.#arena.floats[word + LOADED] === 0 ? NONE : word
  }

  /** What is spent of a month, be it written or not, and what is held of it besides: nothing of one that nobody has seen. */
  spent(word: number, month: Month): bigint {
    const at = this.#find(word, month)
    return at === NONE ? 0n : this.#big(at + WRITTEN) + this.#big(at + UNWRITTEN)
  }

  reserved(word: number, month: Month): bigint {
    const at = this.#find(word, month)
    return at === NONE ? 0n : this.#big(at + RESERVED) + this.#big(at + BATCHES)
  }

  /** Sets aside for a call of a thread. A call of a month that nobody remembers any more is not counted. */
  hold(word: number, month: Month, nano: bigint, index: number): void {
    const at = this.#turnTo(word, month, false)
    if (at === NONE) return
    this.#save(word, at, index)
    const { bigs } = this.#arena
    const own = this.#own(word, at, index)
    bigs[at + RESERVED] = this.#big(at + RESERVED) + nano
    bigs[own] = this.#big(own) + nano
  }

  /** Gives back what is held, and counts a cost. */
  settle(word: number, month: Month, nano: bigint, cost: bigint, index: number): void {
    const at = this.#find(word, month)
    if (at === NONE) return
    this.#save(word, at, index)
    const { bigs } = this.#arena
    const own = this.#own(word, at, index)
    bigs[at + RESERVED] = this.#big(at + RESERVED) - nano
    bigs[own] = this.#big(own) - nano
    bigs[at + UNWRITTEN] = this.#big(at + UNWRITTEN) + cost
  }

  /** Costs are in the database. */
  wrote(word: number, month: Month, nano: bigint): void {
    const at = this.#find(word, month)
    if (at === NONE) return
    this.#arena.undo.save(at, MONTH_WORDS)
    const { bigs } = this.#arena
    bigs[at + UNWRITTEN] = this.#big(at + UNWRITTEN) - nano
    bigs[at + WRITTEN] = this.#big(at + WRITTEN) + nano
  }

  /**
   * Takes up what was read: the total, and what batches hold, which is no less than before where that may be what they have spent.
   * @param isCertain whether it has all that was written here, and nothing else
   */
  read(word: number, month: Month, { spent, held }: ReadOf, reading: number, isCertain: boolean): void {
    const { bigs, floats, undo } = this.#arena
    const at = this.#turnTo(word, month, true)
    undo.save(word + LOADED, 1)
    undo.save(at, MONTH_WORDS)
    const isNew = floats[word + LOADED] === 0
    const isLatest = reading > (floats[at + READING] ?? 0)
    // Of an account that is new here, nothing can be on its way.
    const isWhole = isNew || (isCertain && isLatest)
    if (isWhole) {
      bigs[at + WRITTEN] = spent
      floats[at + READING] = reading
    }
    if (isWhole || (isLatest && held > this.#big(at + BATCHES))) bigs[at + BATCHES] = held
    floats[word + LOADED] = 1
  }

  /** Gives back what a thread holds that is no more. */
  release(word: number, index: number): void {
    const { bigs } = this.#arena
    for (const at of this.#months(word)) {
      const own = this.#own(word, at, index)
      const held = this.#big(own)
      if (held === 0n) continue
      this.#save(word, at, index)
      bigs[at + RESERVED] = this.#big(at + RESERVED) - held
      bigs[own] = 0n
    }
  }

  /** Whether a thread holds something of it; also without the lock, once the thread is no more. */
  isHeld(word: number, index: number): boolean {
    return this.#months(word).some((at) => this.#big(this.#own(word, at, index)) !== 0n)
  }

  #months(word: number): number[] {
    return [word + MONTHS, word + MONTHS + MONTH_WORDS]
  }

  #isIdle(word: number): boolean {
    return this.#months(word).every((at) => this.#big(at + UNWRITTEN) === 0n && this.#big(at + RESERVED) === 0n)
  }

  /** Where a month lies that is there. Two that follow each other lie beside each other. */
  #find(word: number, month: Month): number {
    const at = this.#seat(word, month)
    return this.#arena.floats[at + FROM] === month.from ? at : NONE
  }

  /**
   * The same, made where it is not: it begins with nothing spent; no job resets it. @param back also where a later one lies
   * there, because the clock was set back
   */
  #turnTo(word: number, month: Month, back: boolean): number {
    const { undo, floats, bigs } = this.#arena
    const at = this.#seat(word, month)
    const from = floats[at + FROM] ?? 0
    if (from === month.from) return at
    if (from > month.from && !back) return NONE
    const own = this.#own(word, at, 0)
    undo.save(at, MONTH_WORDS)
    undo.save(own, this.#threads)
    bigs.fill(0n, at, at + MONTH_WORDS)
    bigs.fill(0n, own, own + this.#threads)
    floats[at + FROM] = month.from
    // What batches hold is held in whatever month it is.
    const [one = at, other = at] = this.#months(word)
    bigs[at + BATCHES] = this.#big((at === one ? other : one) + BATCHES)
    return at
  }

  #seat(word: number, month: Month): number {
    return word + MONTHS + seatOf(month) * MONTH_WORDS
  }

  /** What a thread holds of a month. */
  #own(word: number, at: number, index: number): number {
    const second = at !== word + MONTHS
    return word + ACCOUNT_WORDS + (second ? this.#threads : 0) + index
  }

  #save(word: number, at: number, index: number): void {
    this.#arena.undo.save(at, MONTH_WORDS)
    this.#arena.undo.save(this.#own(word, at, index), 1)
  }

  #big(at: number): bigint {
    return this.#arena.bigs[at] ?? 0n
  }
}

let last: { month: Month; seat: number } = { month: monthOf(0), seat: 0 }

/** Which of the two places a month has: by turns. */
function seatOf(month: Month): number {
  if (month !== last.month) last = { month, seat: new Date(month.from).getUTCMonth() % 2 }
  return last.seat
}
