import { type ApiError, unavailable } from '../../contract/error.ts'
import { UNLIMITED } from '../../core/catalogue.ts'
import { corrected, DAY_MS, drained, fits, mostOwed } from '../../core/limit.ts'
import type { LimitsDecision, LimitsTaken, Window } from './limiter.ts'

/*
 * The numbers of a slot, side by side so that one cache line holds them: its level, when that was so, everything ever taken
 * from it, and the limit and the period it was last taken under. Then what was used of it as if each call had come when it
 * was settled, what the calls took that are not, and everything that had been taken when its window got it.
 */
const LEVEL = 0
const AT = 1
const TAKEN = 2
const LIMIT = 3
const PERIOD = 4
const SETTLED = 5
const OPEN = 6
const CLAIMED = 7
const STRIDE = 8

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
      const level = slot === NONE ? 0 : this.#level(slot, now, limit)
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
    for (const { limit, periodMs } of windows) {
      const i = marks.length
      const cost = costs[i] ?? 0
      const slot = slots[i] ?? NONE
      const base = slot * STRIDE
      const taken = slot === NONE ? 0 : (state[base + TAKEN] ?? 0) + cost
      marks.push(taken)
      if (cost === 0) continue
      const level = (levels[i] ?? 0) + cost
      levels[i] = level
      state[base + SETTLED] = this.#drained(SETTLED, slot, now, limit)
      state[base + OPEN] = (state[base + OPEN] ?? 0) + cost
      state[base + LEVEL] = level
      state[base + AT] = now
      state[base + TAKEN] = taken
      state[base + LIMIT] = limit
      state[base + PERIOD] = periodMs
      if (periodMs >= DAY_MS) this.#changeDay(slot)
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
    let isOpen = mark > (this.#state[slot * STRIDE + CLAIMED] ?? 0)
    if (slot === NONE || this.#keys[slot] !== window.key) {
      isOpen = false
      // The slot is another window's by now, so this one had drained: nothing is left that could be given back.
      if (actual <= taken) return
      slot = this.#slots.get(window.key) ?? this.#claim(window, now)
      if (slot === NONE) return
    }
    const base = slot * STRIDE
    const state = this.#state
    const total = state[base + TAKEN] ?? 0
    const held = state[base + OPEN] ?? 0
    const before = this.#drained(SETTLED, slot, now)
    const lower = Math.min(this.#drained(LEVEL, slot, now), before + held)
    const level = corrected(lower, taken, actual, total - mark)
    // Of a call that the slot does not know any more, only what it used too much is new.
    const used = isOpen ? actual : Math.max(0, actual - taken)
    const most = mostOwed(Math.max(window.limit, state[base + LIMIT] ?? 0))
    const settled = Math.min(before + used, most)
    const open = isOpen ? Math.max(0, held - taken) : held
    state[base + SETTLED] = settled
    state[base + OPEN] = open
    state[base + LEVEL] = Math.min(level, settled + open, most)
    state[base + AT] = now
    if (actual > taken) state[base + TAKEN] = total + actual - taken
    if (window.periodMs >= DAY_MS) this.#changeDay(slot)
  }

  /**
   * A slot's level now: the lower of two that are both never below what a bucket holds that knew all costs from the start.
   * One has had each call when it came, but where many calls overlap it can give little back of them. The other has had each
   * call when it was settled, since to put use off never lowers a level, and until then all that was taken for it.
   * @param limit that a call brings
   */
  #level(slot: number, now: number, limit = 0): number {
    const level = this.#drained(LEVEL, slot, now, limit)
    const other = this.#drained(SETTLED, slot, now, limit) + (this.#state[slot * STRIDE + OPEN] ?? 0)
    return level < other ? level : other
  }

  /**
   * After a limit was lowered, what was taken under the higher one drains as fast as that, or a day's use under a high limit
   * would keep a project shut for weeks under a low one.
   */
  #drained(number: typeof LEVEL | typeof SETTLED, slot: number, now: number, limit = 0): number {
    const base = slot * STRIDE
    const state = this.#state
    const last = state[base + LIMIT] ?? 0
    const elapsed = now - (state[base + AT] ?? 0)
    return drained(state[base + number] ?? 0, elapsed, last > limit ? last : limit, state[base + PERIOD] ?? 1)
  }

  #paces(windows: readonly Window[], slots: readonly number[]): number[] {
    return windows.map(({ limit }, i) => {
      const slot = slots[i] ?? NONE
      return slot === NONE ? limit : Math.max(limit, this.#state[slot * STRIDE + LIMIT] ?? 0)
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
    const base = slot * STRIDE
    // What was ever taken from the slot goes on counting: a call of its former window then gets back too little at worst.
    this.#state[base + LEVEL] = 0
    this.#state[base + SETTLED] = 0
    this.#state[base + OPEN] = 0
    this.#state[base + CLAIMED] = this.#state[base + TAKEN] ?? 0
    this.#state[base + AT] = now
    this.#state[base + LIMIT] = limit
    this.#state[base + PERIOD] = periodMs
    return slot
  }

  /** Frees drained slots among the next few. They are as good as no slot, so nothing is forgotten with them. */
  #sweep(now: number, count: number): void {
    for (let looked = Math.min(count, this.#keys.length); looked > 0; looked--) {
      this.#cursor = this.#cursor + 1 < this.#keys.length ? this.#cursor + 1 : 0
      const slot = this.#cursor
      const key = this.#keys[slot] ?? ''
      if (key === '' || this.#level(slot, now) > 0) continue
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
      level: this.#level(slot, now),
      limit: this.#state[slot * STRIDE + LIMIT] ?? 0,
    }))
  }

  /** Adds what is still used of days since before this process began. Where there is no room it is forgotten. */
  restoreDays(saved: readonly SavedLevel[]): void {
    const now = this.#clock()
    for (const { key, level, limit } of saved) {
      const slot = this.#slots.get(key) ?? this.#claim({ key, limit, periodMs: DAY_MS }, now)
      if (slot === NONE) continue
      const base = slot * STRIDE
      const [before, settled] = [this.#level(slot, now), this.#drained(SETTLED, slot, now)]
      this.#state[base + LEVEL] = before + level
      this.#state[base + SETTLED] = settled + level
      this.#state[base + AT] = now
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
      const told = costs[i] ?? Number.NaN
      // What is never given back has its exact level anyway.
      if (Number.isNaN(told)) continue
      // What a model server reports may be nonsense; a level that is no number would never drain.
      const actual = told >= 0 && told <= UNLIMITED ? told : taken
      if (taken === 0 && actual === 0) continue
      this.#limiter.correct(window, this.#slots[i] ?? NONE, this.#marks[i] ?? 0, taken, actual, now)
    }
  }
}

function tooManyWindows(): ApiError {
  const message = 'The server counts as many rate limits as it has room for. Please try again shortly.'
  return unavailable(message)
}
