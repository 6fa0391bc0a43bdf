import { findLimitRefusals } from '../db/limit-refusals.ts'
import type { Db } from '../db/tables.ts'
import { namesOfIds } from '../db/usage-names.ts'
import { type Found, item, MOST } from './attention-item.ts'
import { PREFIX } from './rate-limits.ts'

const HOUR = 3600
/** So many rows are looked at, the newest: one for each limit, project and five minutes. */
const LOOKED_AT = 1000

/**
 * For which rate limits calls were refused in the last hour, and how often, by project, the organization's own limits and the project's
 * together: the most first. @param now Unix seconds
 */
export async function limitedCalls(db: Db, organizationId: string, now: number): Promise<Found> {
  const rows = await findLimitRefusals(db, organizationId, now - HOUR, LOOKED_AT + 1)
  const looked = rows.slice(0, LOOKED_AT)
  const sums = [...Map.groupBy(looked, (row) => `${row.project_id} ${row.dimension} ${row.model}`).values()]
    .flatMap((same) => {
      const [row] = same
      return row === undefined ? [] : [{ row, used: same.reduce((sum, { refused }) => sum + refused, 0) }]
    })
    .sort((a, b) => b.used - a.used)
  const ids = [...new Set(sums.map(({ row }) => row.project_id))]
  const names = await namesOfIds(db, organizationId, 'project_id', ids)
  const items = sums.flatMap(({ row: { project_id: id, model, dimension }, used }) => {
    const { name, status } = names.get(id) ?? { name: null, status: 'deleted' }
    if (name === null || status !== 'active') return []
    const subject = { type: 'rate_limit' as const, id: PREFIX + model, name: model }
    return [item({ severity: 'warning', subject, project: { id, name }, used, dimension })]
  })
  return { items: items.slice(0, MOST + 1), cut: rows.length > LOOKED_AT }
}
