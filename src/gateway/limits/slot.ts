import { UNLIMITED } from '../../core/catalogue.ts'
import { corrected, drained, mostOwed } from '../../core/limit.ts'
import type { Window } from './limiter.ts'

/*
 * What is counted of a window, as plain numbers side by side, so that one cache line holds them, wherever they lie: in a
 * thread's own memory or in what threads share. The one place that knows what the numbers mean.
 */

/** A window's level, when that was so, everything ever taken from the slot, and the limit and the period it was last taken under. */
const LEVEL = 0
const AT = 1
const TAKEN = 2
const LIMIT = 3
const PERIOD = 4
/** What was used of it as if each call had come when it was settled, and what the calls took that are not. */
const SETTLED = 5
const OPEN = 6
/** Everything that had been taken when the slot's window got it. */
const CLAIMED = 7
/** Numbers of a slot. */
export const STRIDE = 8

/** Gives a slot to a window that has nothing used. */
export function claim(state: Float64Array, base: number, limit: number, periodMs: number, now: number): void {
  // What was ever taken from the slot goes on counting: a call of its former window then gets back too little at worst.
  state[base + LEVEL] = 0
  state[base + SETTLED] = 0
  state[base + OPEN] = 0
  state[base + CLAIMED] = state[base + TAKEN] ?? 0
  state[base + AT] = now
  state[base + LIMIT] = limit
  state[base + PERIOD] = periodMs
}

/**
 * A slot's level now: the lower of two that are both never below what a bucket holds that knew all costs from the start.
 * One has had each call when it came, but where many calls overlap it can give little back of them. The other has had each
 * call when it was settled, since to put use off never lowers a level, and until then all that was taken for it.
 * @param limit that a call brings; 0 where none does
 */
export function levelOf(state: Float64Array, base: number, now: number, limit: number): number {
  const level = drainedOf(state, base, LEVEL, now, limit)
  const other = drainedOf(state, base, SETTLED, now, limit) + (state[base + OPEN] ?? 0)
  return level < other ? level : other
}

/**
 * After a limit was lowered, what was taken under the higher one drains as fast as that, or a day's use under a high limit
 * would keep a project shut for weeks under a low one.
 */
function drainedOf(
  state: Float64Array,
  base: number,
  number: typeof LEVEL | typeof SETTLED,
  now: number,
  limit: number,
): number {
  const last = state[base + LIMIT] ?? 0
  const elapsed = now - (state[base + AT] ?? 0)
  return drained(state[base + number] ?? 0, elapsed, last > limit ? last : limit, state[base + PERIOD] ?? 1)
}

/** Units that drain in a period: the limit, or the higher one that the slot was last used under. */
export function paceOf(state: Float64Array, base: number, limit: number): number {
  return Math.max(limit, limitOf(state, base))
}

/** The limit that the slot was last used under. */
export function limitOf(state: Float64Array, base: number): number {
  return state[base + LIMIT] ?? 0
}

/** Everything that was ever taken from the slot: a call's mark, with its own cost added. */
export function takenOf(state: Float64Array, base: number): number {
  return state[base + TAKEN] ?? 0
}

/** Takes a cost. @param level with the cost in it @param taken everything ever taken, with the cost in it */
export function charge(
  state: Float64Array,
  base: number,
  { limit, periodMs }: Window,
  cost: number,
  level: number,
  taken: number,
  now: number,
): void {
  state[base + SETTLED] = drainedOf(state, base, SETTLED, now, limit)
  state[base + OPEN] = (state[base + OPEN] ?? 0) + cost
  state[base + LEVEL] = level
  state[base + AT] = now
  state[base + TAKEN] = taken
  state[base + LIMIT] = limit
  state[base + PERIOD] = periodMs
}

/** Whether the slot still knows of a call as one that is not settled. @param mark of the call */
export function isOpen(state: Float64Array, base: number, mark: number): boolean {
  return mark > (state[base + CLAIMED] ?? 0)
}

/** Puts right what a call took. @param mark what had been taken from the slot by then @param open whether the slot knows of it */
export function correct(
  state: Float64Array,
  base: number,
  limit: number,
  mark: number,
  taken: number,
  actual: number,
  open: boolean,
  now: number,
): void {
  const total = state[base + TAKEN] ?? 0
  const held = state[base + OPEN] ?? 0
  const before = drainedOf(state, base, SETTLED, now, 0)
  const lower = Math.min(drainedOf(state, base, LEVEL, now, 0), before + held)
  const level = corrected(lower, taken, actual, total - mark)
  // Of a call that the slot does not know any more, only what it used too much is new.
  const used = open ? actual : Math.max(0, actual - taken)
  const most = mostOwed(Math.max(limit, state[base + LIMIT] ?? 0))
  const settled = Math.min(before + used, most)
  const left = open ? Math.max(0, held - taken) : held
  state[base + SETTLED] = settled
  state[base + OPEN] = left
  state[base + LEVEL] = Math.min(level, settled + left, most)
  state[base + AT] = now
  if (actual > taken) state[base + TAKEN] = total + actual - taken
}

/** Adds what was used elsewhere. */
export function add(state: Float64Array, base: number, amount: number, now: number): void {
  const [before, settled] = [levelOf(state, base, now, 0), drainedOf(state, base, SETTLED, now, 0)]
  state[base + LEVEL] = before + amount
  state[base + SETTLED] = settled + amount
  state[base + AT] = now
}

/**
 * What a call is settled to; undefined where it stays as it was taken. What a model server reports may be nonsense, and a level
 * that is no number would never drain.
 * @param told NaN: nobody said
 */
export function settledTo(told: number | undefined, taken: number): number | undefined {
  // What is never given back has its exact level anyway.
  if (told === undefined || Number.isNaN(told)) return undefined
  const actual = told >= 0 && told <= UNLIMITED ? told : taken
  return taken === 0 && actual === 0 ? undefined : actual
}
