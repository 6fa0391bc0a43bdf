import type { Window } from '../../limits/limiter.ts'
import type { Batch } from './batch.ts'
import type { Held } from './taken.ts'

/** A batch as the script is asked it: each window is named once, and what was spent is told in all. */
export function asked(
  { takes, settles, late, spent, renewMs }: Batch,
  { lease, teller, organizationId }: { lease: string; teller: string; organizationId: string },
): object {
  const places = new Map<string, number>()
  const windows: [name: string, periodMs: number][] = []
  const placeOf = (name: string, periodMs: number): number => {
    const known = places.get(name)
    if (known !== undefined) return known
    places.set(name, windows.push([name, periodMs]))
    return windows.length
  }
  const inWindows = (all: readonly Window[], costs: readonly number[]): number[] => {
    const flat: number[] = []
    for (let i = 0; i < all.length; i++) {
      const window = all[i]
      if (window === undefined) continue
      const { key, limit, periodMs } = window
      flat.push(placeOf(key.slice(organizationId.length + 1), periodMs), limit, costs[i] ?? 0)
    }
    return flat
  }
  return {
    lease,
    teller,
    renew: renewMs !== false && renewMs * 1000,
    takes: takes.map(({ taken }) => [
      taken.id,
      inWindows(taken.windows, taken.costs),
      taken.held !== null && moneyOf(taken.held),
    ]),
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
