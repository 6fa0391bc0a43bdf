/** Chance that comes again: the same seed and number give the same values, in whatever order the numbers are asked for. */
export type Chance = {
  /** From 0 to below 1. */
  next: () => number
  /** A whole number, both ends included. */
  between: (least: number, most: number) => number
  pick: <T>(from: readonly T[]) => T
}

/** @param number of what is decided by it: a call, a request */
export function seeded(seed: number, number: number): Chance {
  let state = (seed ^ Math.imul(number + 1, 0x9e3779b1)) >>> 0
  // Mulberry32: 32 bits of state are enough for the few values that one call needs.
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  const between = (least: number, most: number) => least + Math.floor(next() * (most - least + 1))
  return {
    next,
    between,
    pick: (from) => {
      if (from.length === 0) throw new Error('nothing to pick from')
      return from[between(0, from.length - 1)] as (typeof from)[number]
    },
  }
}

/** A seed that nobody has chosen. */
export const newSeed = () => Math.floor(Math.random() * 2 ** 31)
