import type { Batch } from './batch.ts'
import type { Source } from './source.ts'
import type { Held, RedisTaken } from './taken.ts'

/** A batch as the script is asked it: each window is named once, and what was spent is told in all. */
export function asked(
  { takes, settles, late, spent, renewMs }: Batch,
  { lease, source: { writer } }: { lease: string; source: Pick<Source, 'writer'> },
): object {
  const places = new Map<string, number>()
  const windows: [name: string, periodMs: number][] = []
  const placeOf = (name: string, periodMs: number): number => {
    const known = places.get(name)
    if (known !== undefined) return known
    places.set(name, windows.push([name, periodMs]))
    return windows.length
  }
  // Most calls of a turn have the same list of windows.
  const lists = new Map<readonly string[], readonly number[]>()
  const placesOf = ({ names, windows: all }: RedisTaken): readonly number[] => {
    const known = lists.get(names)
    if (known !== undefined) return known
    const made = all.map(({ periodMs }, i) => placeOf(names[i] ?? '', periodMs))
    lists.set(names, made)
    return made
  }
  const inWindows = (taken: RedisTaken): number[] => {
    const places = placesOf(taken)
    const flat: number[] = []
    for (let i = 0; i < places.length; i++) {
      flat.push(places[i] as number, taken.windows[i]?.limit ?? 0, taken.costs[i] ?? 0)
    }
    return flat
  }
  return {
    lease,
    writer,
    renew: renewMs !== false && renewMs * 1000,
    takes: takes.map(({ taken }) => [taken.id, inWindows(taken), taken.held !== null && moneyOf(taken.held)]),
    // What is no number is null in JSON, and stays as it was taken.
    settles: settles.map(({ id, settled }) => [id, settled]),
    late: late.map(([name, limit, periodMs, amount]) => [placeOf(name, periodMs), limit, amount]),
    spent: Array.from(spent, ([{ name }, amount]) => [name, ...amount]),
    windows,
  }
}

function moneyOf({ amount, project, organization, limits }: Held): unknown[] {
  const [own, whole] = limits.map((limit) => limit ?? [null, 0])
  return [project.name, organization.name, ...amount, ...(own ?? []), ...(whole ?? [])]
}
