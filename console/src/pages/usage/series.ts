import type { Group, Told } from './told.ts'

/** A part of the bars: who it is of, by the color that they have. */
export type Series = Pick<Group, 'key' | 'name' | 'amounts' | 'isRest'>

/** How many have a color of their own. */
export const COLORED = 7

/** The parts of the bars: those who used most, and all others as one. */
export function seriesOf({ groups, buckets }: Pick<Told, 'groups' | 'buckets'>): Series[] {
  if (groups.length <= COLORED) return [...groups]
  const others = groups.slice(COLORED)
  const amounts = buckets.map((_, i) => sum(others.map((one) => one.amounts[i] ?? 0)))
  return [...groups.slice(0, COLORED), { key: 'rest', name: 'All others', amounts, isRest: true }]
}

/** The color of the group at this place, as a class: the pages' policy refuses styles. */
export const colorOf = (i: number, isRest: boolean): string => `series-${isRest || i >= COLORED ? 'rest' : i}`

export const sum = (amounts: readonly number[]): number => amounts.reduce((all, one) => all + one, 0)
