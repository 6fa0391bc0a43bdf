/*
 * The arithmetic of a limit: a bucket that costs fill and time drains. Its level is what counts as used now; it drains by
 * the whole limit in one period, evenly. Levels and costs are in what the limit counts, times in milliseconds.
 */

export const MINUTE_MS = 60_000
export const DAY_MS = 86_400_000

/**
 * A share of the limit below which a difference is rounding, not use: a clock of process-relative milliseconds is exact to
 * about a tenth of it after a year. Without it a retry at the very millisecond that was announced could be refused.
 */
const SLACK = 1e-10

/** The level after some time without any call. */
export function drained(level: number, elapsedMs: number, limit: number, periodMs: number): number {
  const left = level - (elapsedMs * limit) / periodMs
  return left > 0 ? left : 0
}

/** Whole periods that it takes at most until there is room again, beyond the maximum, whatever was used. */
const MOST_PERIODS = 2

/**
 * The highest level there is. What a call used beyond its limits is told by its model server alone where nothing else bounds
 * the call, and a single lie would shut a project for weeks otherwise.
 * @param pace units that drain in a period
 */
export function mostOwed(pace: number): number {
  return pace * (1 + MOST_PERIODS)
}

/** Whether a limit has room for a cost. What costs nothing always fits, also where more than the limit was used. */
export function fits(level: number, cost: number, limit: number): boolean {
  return cost === 0 || level + cost <= limit + limit * SLACK
}

/**
 * The level once it is known what a call really cost, which may be more or less than was taken for it.
 *
 * Less is given back, but never more than a bucket that knew from the start would hold less: part of what was taken too much
 * may have drained already. That bucket holds at least `level - (taken - actual)`, and where it was empty in between, all of
 * its level came later: at most `takenSince`. So the larger of the two is never below it (the reflection map of queueing theory).
 *
 * @param level drained to now
 * @param takenSince everything taken from the bucket after this call's own take, whatever was given back of it
 */
export function corrected(level: number, taken: number, actual: number, takenSince: number): number {
  const tooMuch = taken - actual
  if (tooMuch <= 0) return level - tooMuch
  return Math.max(level - tooMuch, Math.min(level, takenSince))
}

/** A level as whole units, rounded up: what is begun is used. */
export function used(level: number, limit: number): number {
  const whole = Math.ceil(level - limit * SLACK)
  return whole > 0 ? whole : 0
}

/**
 * How long until whole units have drained, in milliseconds: deficit x period / pace, not yet truncated.
 * @param pace units that drain in a period: the limit
 */
export function drainMs(deficit: number, pace: number, periodMs: number): number {
  return deficit > 0 ? (deficit * periodMs) / pace : 0
}
