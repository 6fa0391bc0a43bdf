import { ApiError, notFound } from '../contract/error.ts'
import type { RateLimit, rateLimits as routes } from '../contract/rate-limits.ts'
import {
  type Dimension,
  dimensions,
  type LimitRow,
  type Limits,
  limitRows,
  projectLimits,
  UNLIMITED,
} from '../core/catalogue.ts'
import type { Db, Row } from '../db/tables.ts'
import type { Handlers } from './handlers.ts'
import { ownedBy } from './owned.ts'
import { page } from './page.ts'

export const PREFIX = 'rl-'

export const rateLimits: Handlers<typeof routes> = {
  // The rows are the catalogue's, which is in memory; the project's own numbers come with one look-up.
  async list({ db, project, query, models }) {
    const all = [...limitRows(models.all, models.seen).values()]
    const after = afterModel(query.after, 'after')
    const before = afterModel(query.before, 'before')
    const behind = after === undefined ? all : all.filter(({ model }) => model > after)
    const between = before === undefined ? behind : behind.filter(({ model }) => model < before)
    // Only `before`: the page that ends there, not the first of all that stand before it.
    const fromEnd = after === undefined && before !== undefined
    const shown = fromEnd ? between.slice(-query.limit) : between.slice(0, query.limit + 1)
    const own = await overrides(db, project, [...new Set(shown.flatMap(({ setBy }) => setBy))])
    const { data, ...envelope } = page(shown, query.limit, (row) => view(row, own))
    return { ...envelope, data, has_more: fromEnd ? between.length > shown.length : envelope.has_more }
  },

  async update({ db, project, params, body, models, now }) {
    const id = params.rate_limit_id
    if (!id.startsWith(PREFIX)) throw notFound('rate limit', id, 'rate_limit_id')
    const model = id.slice(PREFIX.length)
    const row = limitRows(models.all, models.seen).get(model)
    if (!row) {
      const message = `The rate limit for model ${model} is not set for your organization`
      throw new ApiError('rate_limit_does_not_exist_for_org_and_model', message)
    }
    if (!row.updatable) {
      const message = `Rate limit '${id}' cannot be updated: it follows from the limits of its models.`
      throw new ApiError('rate_limit_not_updatable', message, { param: 'rate_limit_id' })
    }
    const changes = dimensions.flatMap((name) => (body[name] === undefined ? [] : [[name, body[name]] as const]))
    for (const [name, value] of changes) check(row, name, value)
    const before = (await overrides(db, project, [model])).get(model) ?? {}
    const limits: Limits = { ...before, ...Object.fromEntries(changes) }
    const stored = { limits: JSON.stringify(limits), updated_at: now }
    await db
      .insertInto('rate_limit')
      .values({ organization_id: project.organization_id, project_id: project.id, model, ...stored })
      .onConflict((conflict) => conflict.columns(['project_id', 'model']).doUpdateSet(stored))
      .execute()
    return { reply: view(row, new Map([[model, limits]])), audit: { id, changes_requested: body } }
  },
}

/** A dimension must be the model's, and a project's maximum at most the organization's. */
function check(row: LimitRow, name: Dimension, value: number) {
  if (!row.dimensions.has(name)) {
    const message = `'${name}' is no limit of '${row.model}': the model has ${[...row.dimensions].join(', ')}.`
    throw new ApiError('invalid_rate_limit_type', message, { param: name })
  }
  const most = row.organizationLimits[name] ?? UNLIMITED
  if (value <= most) return
  const message = `'${name}' is above what the organization may use of '${row.model}', which is ${most}.`
  throw new ApiError('rate_limit_exceeds_organization_limit', message, { param: name })
}

/** Rows are sorted by their ids; one that is gone keeps its place. */
export function afterModel(id: string | undefined, param: string): string | undefined {
  if (!id) return undefined
  if (id.startsWith(PREFIX)) return id.slice(PREFIX.length)
  throw new ApiError('invalid_value', `Invalid '${param}': '${id}' is not the ID of an object of this list.`, { param })
}

/** What the project has set itself, by model. */
export async function overrides(db: Db, project: Row<'project'>, names: string[]): Promise<Map<string, Limits>> {
  if (names.length === 0) return new Map()
  const rows = await db
    .selectFrom('rate_limit')
    .select(['model', 'limits'])
    .where((eb) => eb.and(ownedBy(project)))
    .where('model', 'in', names)
    .execute()
  return new Map(rows.map(({ model, limits }) => [model, JSON.parse(limits)]))
}

/** What holds for the project: its own maximum where it has one, else the organization's. */
function view(row: LimitRow, own: ReadonlyMap<string, Limits>): RateLimit {
  const limits = projectLimits(row, own)
  const maximum = (name: Dimension) => limits[name] ?? row.organizationLimits[name] ?? UNLIMITED
  const relevant = [...row.dimensions].map((name) => [name, maximum(name)])
  return {
    object: 'project.rate_limit',
    id: PREFIX + row.model,
    model: row.model,
    max_requests_per_1_minute: maximum('max_requests_per_1_minute'),
    max_tokens_per_1_minute: maximum('max_tokens_per_1_minute'),
    ...Object.fromEntries(relevant),
  }
}
