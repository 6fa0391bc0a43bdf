import type { Catalogue } from '../core/catalogue.ts'
import { drainMs, used } from '../core/limit.ts'
import type { ReadLevels } from '../core/limit-level.ts'
import { type Found, item } from './attention-item.ts'
import { NEAR } from './attention-spend.ts'
import type { Caller } from './handlers.ts'
import { limitedRows, organizationLevels } from './organization-limits.ts'
import { PREFIX } from './rate-limits.ts'

/** So many models and pools are asked about. */
const ASKED = 100

/**
 * Rate limits of the organization of which most is used now, by model, or by pool where models share one. Those of projects are not among
 * them: there are as many as projects and models together. @param now Unix seconds
 */
export async function fullRateLimits(
  caller: Caller,
  catalogue: Catalogue,
  levels: ReadLevels,
  now: number,
): Promise<Found> {
  const rows = limitedRows(catalogue)
  const found = await organizationLevels(caller, rows.slice(0, ASKED), levels)
  const items = [...found].flatMap(([name, these]) =>
    these.flatMap(({ dimension, limit: maximum, periodMs, drains, level }) => {
      // Batches wait for others to end, and nobody need do anything.
      const gone = level === null || maximum === 0 || !drains ? 0 : used(level, maximum)
      if (gone === 0 || gone * 100 < maximum * NEAR) return []
      const until = now + Math.ceil(drainMs(gone, maximum, periodMs) / 1000)
      const severity = gone >= maximum ? ('critical' as const) : ('warning' as const)
      const subject = { type: 'rate_limit' as const, id: PREFIX + name, name }
      return [item({ severity, subject, until, used: gone, maximum, dimension })]
    }),
  )
  return { items, cut: rows.length > ASKED }
}
