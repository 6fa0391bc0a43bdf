import { DAY_MS, fits } from '../../core/limit.ts'
import type { LimitsDecision, LimitsTaken, Window } from './limiter.ts'
import { tooManyWindows } from './no-room.ts'
import { add, charge, claim, correct, isOpen, levelOf, limitOf, paceOf, STRIDE, settledTo, takenOf } from './slot.ts'

const NONE = -1
/** Slots that a new one looks at to free drained ones: enough that no more than a fraction of all lie idle. */
const SWEPT = 8
/** The same where there is no room for the new one. */
const SWEPT_FULL = 1024

export type MemoryLimiterOptions = {
  /** Milliseconds that never step back, since a time not long ago: since the epoch they would be too coarse. */
  clock?: () => number
  /** Windows counted at once, at most; one takes about 400 bytes. */
  most?: number
  /** Told when a window of a day changes and none had since `changedDays` was asked. */
  dayChanged?: () => void
}

/** A window's level as another process can take it up. */
export type SavedLevel = { key: string; level: number; limit: number }

/**
 * Counts in this process. The state is plain numbers addressed by index; a window has a slot while there is something in it,
 * and drained slots go to the next windows that come.
 */
export class MemoryLimiter {
  readonly #clock: () => number
  readonly #most: number
  readonly #dayChanged: () => void
  readonly #slots = new Map<string, number>()
  /** By slot; empty text for a free one. */
  readonly #keys: string[] = []
  readonly #free: number[] = []
  #state = new Float64Array(64 * STRIDE)
  #cursor = 0
  #changedDays = new Set<number>()

  constructor({ clock = () => performance.now(), most = 1 << 20, dayChanged = () => {} }: MemoryLimiterOptions = {}) {
    this.#clock = clock
    this.#most = most
    this.#dayChanged = dayChanged
  }

  /** Windows that are counted now, drained ones included that nobody has needed the place of. */
  get size(): number {
    return this.#slots.size
  }

  /**
   * Charges all windows or none. A cost of 0 only asks for the level.
   * @param windows with different keys
   * @param costs for each window, finite and at least 0
   * @throws ApiError 503 where nothing more can be counted
   */
  take(windows: readonly Window[], costs: readonly number[]): LimitsDecision {
    const now = this.#clock()
    const slots: number[] = []
    const levels: number[] = []
    let admitted = true
    for (const { key, limit } of windows) {
      const slot = this.#slots.get(key) ?? NONE
      const level = slot === NONE ? 0 : levelOf(this.#state, slot * STRIDE, now, limit)
      if (!fits(level, costs[slots.length] ?? 0, limit)) admitted = false
      slots.push(slot)
      levels.push(level)
    }
    if (!admitted) return { taken: null, levels, paces: this.#paces(windows, slots) }
    return { taken: this.#charge(windows, costs, slots, levels, now), levels }
  }

  #charge(
    windows: readonly Window[],
    costs: readonly number[],
    slots: number[],
    levels: number[],
    now: number,
  ): LimitsTaken {
    // First all slots, because there may be no room for them; what is in one is written only after.
    let claimed = 0
    for (let i = 0; i < windows.length; i++) {
      const window = windows[i]
      if (slots[i] !== NONE || costs[i] === 0 || window === undefined) continue
      const slot = this.#claim(window, now)
      if (slot === NONE) throw tooManyWindows()
      slots[i] = slot
      claimed++
    }
    const marks: number[] = []
    const state = this.#state
    for (const window of windows) {
      const i = marks.length
      const cost = costs[i] ?? 0
      const slot = slots[i] ?? NONE
      const taken = slot === NONE ? 0 : takenOf(state, slot * STRIDE) + cost
      marks.push(taken)
      if (cost === 0) continue
      const level = (levels[i] ?? 0) + cost
      levels[i] = level
      charge(state, slot * STRIDE, window, cost, level, taken, now)
      if (window.periodMs >= DAY_MS) this.#changeDay(slot)
    }
    // Only now: the slots of this very call may have been drained until it charged them.
    if (claimed > 0) this.#sweep(now, claimed * SWEPT)
    return new MemoryTaken(this, windows, costs, slots, marks)
  }

  /** Now, for `correct`. */
  now(): number {
    return this.#clock()
  }

  /** Puts right one window of what `take` gave. @param mark what had been taken from the slot by then */
  correct(window: Window, lastSlot: number, mark: number, taken: number, actual: number, now: number): void {
    let slot = lastSlot
    let open = isOpen(this.#state, slot * STRIDE, mark)
    if (slot === NONE || this.#keys[slot] !== window.key) {
      open = false
      // The slot is another window's by now, so this one had drained: nothing is left that could be given back.
      if (actual <= taken) return
      slot = this.#slots.get(window.key) ?? this.#claim(window, now)
      if (slot === NONE) return
    }
    correct(this.#state, slot * STRIDE, window.limit, mark, taken, actual, open, now)
    if (window.periodMs >= DAY_MS) this.#changeDay(slot)
  }

  #paces(windows: readonly Window[], slots: readonly number[]): number[] {
    return windows.map(({ limit }, i) => {
      const slot = slots[i] ?? NONE
      return slot === NONE ? limit : paceOf(this.#state, slot * STRIDE, limit)
    })
  }

  /** An empty slot for a window that has none; `NONE` where there is no room for more. */
  #claim({ key, limit, periodMs }: Window, now: number): number {
    if (this.#slots.size >= this.#most) this.#sweep(now, SWEPT_FULL)
    if (this.#slots.size >= this.#most) return NONE
    const slot = this.#free.pop() ?? this.#keys.push('') - 1
    if (slot * STRIDE >= this.#state.length) {
      const grown = new Float64Array(this.#state.length * 2)
      grown.set(this.#state)
      this.#state = grown
    }
    this.#keys[slot] = key
    this.#slots.set(key, slot)
    claim(this.#state, slot * STRIDE, limit, periodMs, now)
    return slot
  }

  /** Frees drained slots among the next few. They are as good as no slot, so nothing is forgotten with them. */
  #sweep(now: number, count: number): void {
    for (let looked = Math.min(count, this.#keys.length); looked > 0; looked--) {
      this.#cursor = this.#cursor + 1 < this.#keys.length ? this.#cursor + 1 : 0
      const slot = this.#cursor
      const key = this.#keys[slot] ?? ''
      if (key === '' || levelOf(this.#state, slot * STRIDE, now, 0) > 0) continue
      this.#slots.delete(key)
      this.#keys[slot] = ''
      this.#free.push(slot)
      this.#changedDays.delete(slot)
    }
  }

  #changeDay(slot: number) {
    if (this.#changedDays.size === 0) this.#dayChanged()
    this.#changedDays.add(slot)
  }

  /** Whether a window of a day has changed since they were last asked for. */
  get daysChanged(): boolean {
    return this.#changedDays.size > 0
  }

  /** The windows of a day that have changed since this was last asked, with their levels now. */
  changedDays(): SavedLevel[] {
    const changed = this.#changedDays
    this.#changedDays = new Set()
    const now = this.#clock()
    return Array.from(changed, (slot) => ({
      key: this.#keys[slot] ?? '',
      level: levelOf(this.#state, slot * STRIDE, now, 0),
      limit: limitOf(this.#state, slot * STRIDE),
    }))
  }

  /** Adds what is still used of days since before this process began. Where there is no room it is forgotten. */
  restoreDays(saved: readonly SavedLevel[]): void {
    const now = this.#clock()
    for (const { key, level, limit } of saved) {
      const slot = this.#slots.get(key) ?? this.#claim({ key, limit, periodMs: DAY_MS }, now)
      if (slot !== NONE) add(this.#state, slot * STRIDE, level, now)
    }
  }
}

class MemoryTaken implements LimitsTaken {
  readonly #limiter: MemoryLimiter
  readonly #windows: readonly Window[]
  readonly #costs: readonly number[]
  readonly #slots: readonly number[]
  readonly #marks: readonly number[]
  #open = true

  constructor(
    limiter: MemoryLimiter,
    windows: readonly Window[],
    costs: readonly number[],
    slots: readonly number[],
    marks: readonly number[],
  ) {
    this.#limiter = limiter
    this.#windows = windows
    this.#costs = costs
    this.#slots = slots
    this.#marks = marks
  }

  settle(costs: readonly number[]): void {
    if (!this.#open) return
    this.#open = false
    const now = this.#limiter.now()
    let i = -1
    for (const window of this.#windows) {
      i++
      const taken = this.#costs[i] ?? 0
      const actual = settledTo(costs[i], taken)
      if (actual === undefined) continue
      this.#limiter.correct(window, this.#slots[i] ?? NONE, this.#marks[i] ?? 0, taken, actual, now)
    }
  }
}
