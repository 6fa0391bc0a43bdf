import type { Used } from './read.ts'

/** One that used something. @param id '' of all that are not listed by themselves */
export type Ranked = { id: string; amounts: number[]; total: number; isRest: boolean }

/** How many are listed by themselves, and how many of those have a color. */
export const LISTED = 20
export const COLORED = 7

/** Who used most, in that order, and the sum of all others behind them. */
export function ranked({ buckets, groups }: Used, most: number): Ranked[] {
  const all = [...groups]
    .map(([id, amounts]) => ({ id, amounts, total: sum(amounts), isRest: false }))
    .sort((a, b) => b.total - a.total || (a.id < b.id ? -1 : 1))
  const others = all.slice(most)
  if (others.length === 0) return all
  const amounts = buckets.map((_, i) => sum(others.map((one) => one.amounts[i] ?? 0)))
  return [...all.slice(0, most), { id: '', amounts, total: sum(amounts), isRest: true }]
}

/** What tells it from the others: an id can be empty too. */
export const keyOf = ({ id, isRest }: Ranked): string => (isRest ? 'rest' : `of ${id}`)

export const sum = (amounts: readonly number[]): number => amounts.reduce((all, one) => all + one, 0)
