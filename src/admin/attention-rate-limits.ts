import { type Catalogue, poolRow } from '../core/catalogue.ts'
import { drainMs, used } from '../core/limit.ts'
import type { ReadLevels } from '../core/limit-level.ts'
import { type Found, item } from './attention-item.ts'
import { NEAR } from './attention-spend.ts'
import type { Caller } from './handlers.ts'
import { PREFIX } from './rate-limits.ts'

/** So many models and pools are asked about. */
const ASKED = 100

/**
 * Rate limits of the organization of which most is used now, by model, or by pool where models share one. Those of projects are not among
 * them: there are as many as projects and models together. @param now Unix seconds
 */
export async function fullRateLimits(
  { organizationId, defaultProjectId: projectId }: Caller,
  catalogue: Catalogue,
  levels: ReadLevels,
  now: number,
): Promise<Found> {
  const limited = [...catalogue.values()].filter(({ organizationLimits }) => Object.keys(organizationLimits).length > 0)
  const rows = [...new Map(limited.map(({ id, sharedPool: pool }) => [pool === null ? id : poolRow(pool), id]))]
  const asked = rows.slice(0, ASKED)
  const limits = new Map()
  const found = await levels({ organizationId, projectId, limits, models: asked.map(([, model]) => model) })
  const items = asked.flatMap(([name], i) =>
    (found[i] ?? []).flatMap(({ scope, dimension, limit: maximum, periodMs, level }) => {
      const gone = level === null || maximum === 0 ? 0 : used(level, maximum)
      if (scope !== 'organization' || gone === 0 || gone * 100 < maximum * NEAR) return []
      const until = now + Math.ceil(drainMs(gone, maximum, periodMs) / 1000)
      const severity = gone >= maximum ? ('critical' as const) : ('warning' as const)
      const subject = { type: 'rate_limit' as const, id: PREFIX + name, name }
      return [item({ severity, subject, until, used: gone, maximum, dimension })]
    }),
  )
  return { items, cut: rows.length > ASKED }
}
