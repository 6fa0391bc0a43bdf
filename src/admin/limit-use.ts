import type { LimitUse, OrganizationLimitUse, limitUse as routes } from '../contract/limit-use.ts'
import { limitRows } from '../core/catalogue.ts'
import { drainMs, used } from '../core/limit.ts'
import type { LimitLevel } from '../core/limit-level.ts'
import type { Handlers } from './handlers.ts'
import { limitedRows, organizationLevels } from './organization-limits.ts'
import { page } from './page.ts'
import { afterModel, overrides, PREFIX } from './rate-limits.ts'
import { searching } from './sifted.ts'

export const limitUse: Handlers<typeof routes> = {
  // Pools and fine-tuned bases have no rows here: what is counted under them is among the limits of their models.
  async list({ db, project, query, models, levels }) {
    const after = afterModel(query.after, 'after')
    const named = searching(query.name)
    const all = [...limitRows(models.all, models.seen).values()].filter(
      ({ model, updatable }) => updatable && named(model),
    )
    const behind = after === undefined ? all : all.filter(({ model }) => model > after)
    const rows = behind.slice(0, query.limit + 1)
    const asked = rows.slice(0, query.limit).map(({ model }) => model)
    const limits = await overrides(db, project, [...new Set(rows.flatMap(({ setBy }) => setBy))])
    const found = await levels({
      organizationId: project.organization_id,
      projectId: project.id,
      limits,
      models: asked,
    })
    const levelsOf = new Map(asked.map((model, i) => [model, found[i] ?? []]))
    return page(rows, query.limit, ({ model }): LimitUse => {
      const these = levelsOf.get(model) ?? []
      return { object: 'project.rate_limit.usage', id: PREFIX + model, model, limits: these.map(view) }
    })
  },

  async organization({ caller, query, models, levels }) {
    const after = afterModel(query.after, 'after')
    const named = searching(query.name)
    const all = limitedRows(models.seen).filter(({ row }) => named(row) && (after === undefined || row > after))
    const rows = all.slice(0, query.limit + 1)
    const found = await organizationLevels(caller, rows.slice(0, query.limit), levels)
    return page(rows, query.limit, ({ row: model }): OrganizationLimitUse => {
      const these = found.get(model) ?? []
      return { object: 'organization.rate_limit.usage', id: PREFIX + model, model, limits: these.map(view) }
    })
  },
}

/** Whole units, rounded as the headers of an answer round them. */
function view({ scope, dimension, limit, periodMs, drains, level }: LimitLevel): LimitUse['limits'][number] {
  const told = { scope, dimension, period_seconds: periodMs / 1000, maximum: limit }
  if (level === null) return { ...told, used: null, remaining: null, resets_in_ms: null }
  const gone = used(level, limit)
  const resets_in_ms = limit === 0 || !drains ? null : Math.ceil(drainMs(gone, limit, periodMs))
  return { ...told, used: gone, remaining: Math.max(0, limit - gone), resets_in_ms }
}
