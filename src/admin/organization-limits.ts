import { type Catalogue, poolRow } from '../core/catalogue.ts'
import type { LimitLevel, ReadLevels } from '../core/limit-level.ts'
import type { Caller } from './handlers.ts'

/** A model with limits of the organization's, or the pool that it shares with others; and a model that is counted there. */
export type LimitedRow = { row: string; model: string }

/** The rows that have limits of the organization's, by their names. */
export function limitedRows(catalogue: Catalogue): LimitedRow[] {
  const rows = new Map<string, LimitedRow>()
  for (const { id: model, sharedPool, organizationLimits } of catalogue.values()) {
    const row = sharedPool === null ? model : poolRow(sharedPool)
    if (Object.keys(organizationLimits).length > 0) rows.set(row, { row, model })
  }
  return [...rows.values()].sort((a, b) => (a.row < b.row ? -1 : 1))
}

/** What of the organization's limits is used now, by row. They are asked of its default project: all projects count in them. */
export async function organizationLevels(
  { organizationId, defaultProjectId: projectId }: Caller,
  rows: readonly LimitedRow[],
  levels: ReadLevels,
): Promise<Map<string, LimitLevel[]>> {
  const models = rows.map(({ model }) => model)
  const found = await levels({ organizationId, projectId, limits: new Map(), models })
  return new Map(rows.map(({ row }, i) => [row, (found[i] ?? []).filter(({ scope }) => scope === 'organization')]))
}
