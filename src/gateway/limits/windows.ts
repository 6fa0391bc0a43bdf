import {
  BATCH_DIMENSION,
  type Catalogue,
  type CatalogueModel,
  DEFAULT_ROW,
  type Dimension,
  type LimitRow,
  type Limits,
  limitRows,
  poolRow,
  projectLimits,
  rowOf,
  UNLIMITED,
} from '../../core/catalogue.ts'
import { DAY_MS, MINUTE_MS } from '../../core/limit.ts'
import type { Window } from './limiter.ts'

/** What a call is charged by. */
export type Measure = 'requests' | 'tokens' | 'images' | 'audioMegabytes'

/** The dimensions that the gate counts, in the order in which they are named where several refuse. */
const counted = {
  max_requests_per_1_minute: { measure: 'requests', periodMs: MINUTE_MS },
  max_requests_per_1_day: { measure: 'requests', periodMs: DAY_MS },
  max_tokens_per_1_minute: { measure: 'tokens', periodMs: MINUTE_MS },
  max_images_per_1_minute: { measure: 'images', periodMs: MINUTE_MS },
  max_audio_megabytes_per_1_minute: { measure: 'audioMegabytes', periodMs: MINUTE_MS },
} as const satisfies Partial<Record<Dimension, { measure: Measure; periodMs: number }>>
export type CountedDimension = keyof typeof counted
const countedDimensions = Object.keys(counted) as CountedDimension[]

export type GovernedWindow = Window & {
  scope: 'organization' | 'project'
  dimension: CountedDimension
  measure: Measure
  /** Of what model it is, or of what pool, as rate limits call it. */
  of: string
}

/** All limits of a model for a project, the organization's first; a dimension without a maximum has no window. */
export type ModelWindows = {
  organizationId: string
  projectId: string
  /** As messages name it. */
  model: string
  /** The pool whose maximum the organization's windows are. */
  pool: string | null
  windows: readonly GovernedWindow[]
}

/** What of a project's rules the windows follow from. */
export type LimitRules = {
  organizationId: string
  projectId: string
  /** What the project has set itself, by the row's model: the same map for as long as it is the same. */
  limits: ReadonlyMap<string, Limits>
}

type Compiled = { catalogue: Catalogue; byModel: Map<string, ModelWindows> }

const rowsOf = new WeakMap<Catalogue, ReadonlyMap<string, LimitRow>>()
const compiled = new WeakMap<LimitRules['limits'], Compiled>()

/**
 * The windows of a model for a project: worked out once and remembered as long as the limits and the catalogue stay the
 * same objects. What nothing is configured for, and a call without a model, is governed by the default row.
 */
export function windowsOf(rules: LimitRules, catalogue: Catalogue, model: CatalogueModel | null): ModelWindows {
  let known = compiled.get(rules.limits)
  if (known?.catalogue !== catalogue) {
    known = { catalogue, byModel: new Map() }
    compiled.set(rules.limits, known)
  }
  const id = model?.id ?? DEFAULT_ROW
  const windows = known.byModel.get(id)
  if (windows) return windows
  const made = compile(rules, catalogue, id)
  // Names that the catalogue does not have are the clients': as many as they like.
  if (catalogue.has(id) || id === DEFAULT_ROW) known.byModel.set(id, made)
  return made
}

/** The organization that a window's key begins with. */
export const organizationOf = (key: string) => key.slice(0, key.indexOf('/'))

function compile(rules: LimitRules, catalogue: Catalogue, model: string): ModelWindows {
  const { organizationId, projectId } = rules
  const place = placeOf(rules, catalogue, model)
  // Without a row of its own a model has the default's windows: names that clients make up are not worked out one by one.
  if (place.row === DEFAULT_ROW && model !== DEFAULT_ROW) return { ...windowsOf(rules, catalogue, null), model }
  const { pool, organization, project } = place
  const windows = [...windowsFor('organization', organization), ...windowsFor('project', project)]
  return { organizationId, projectId, model, pool, windows }
}

/** Limits of an organization's or a project's, how the names of their windows begin, and of what they are. */
type Own = { prefix: string; limits: Limits; of: string }
/** Which row's limits hold for a model, and whose they are. */
type PlaceOfLimits = { row: string; pool: string | null; organization: Own; project: Own }

function placeOf(rules: LimitRules, catalogue: Catalogue, model: string): PlaceOfLimits {
  const { organizationId, projectId } = rules
  let rows = rowsOf.get(catalogue)
  if (!rows) {
    rows = limitRows(catalogue)
    rowsOf.set(catalogue, rows)
  }
  const name = rows.has(rowOf(model)) ? rowOf(model) : DEFAULT_ROW
  const row = rows.get(name)
  const pool = catalogue.get(model)?.sharedPool ?? null
  const organization = pool === null ? row : rows.get(poolRow(pool))
  const shared = `${organizationId}/${pool === null ? `model/${name}` : `pool/${pool}`}`
  return {
    row: name,
    pool,
    organization: {
      prefix: shared,
      limits: organization?.organizationLimits ?? {},
      of: pool === null ? name : poolRow(pool),
    },
    project: {
      prefix: `${organizationId}/${projectId}/${name}`,
      limits: row ? projectLimits(row, rules.limits) : {},
      of: name,
    },
  }
}

/** A limit of the input tokens of batches that have not ended. @property limit null: none */
export type BatchWindow = { key: string; limit: number | null }

/** The limits that a model's batches count in: of the project and of the organization. */
export function batchWindowsOf(
  rules: LimitRules,
  catalogue: Catalogue,
  model: string,
): Record<'project' | 'organization', BatchWindow> & Pick<ModelWindows, 'pool'> {
  const { pool, organization, project } = placeOf(rules, catalogue, model)
  const window = ({ prefix, limits }: Own) => {
    const limit = limits[BATCH_DIMENSION] ?? UNLIMITED
    return { key: `${prefix}/${BATCH_DIMENSION}`, limit: limit >= UNLIMITED ? null : limit }
  }
  return { pool, organization: window(organization), project: window(project) }
}

function windowsFor(scope: GovernedWindow['scope'], { prefix, limits, of }: Own): GovernedWindow[] {
  return countedDimensions.flatMap((dimension) => {
    const limit = limits[dimension]
    if (limit === undefined || limit >= UNLIMITED) return []
    return [{ key: `${prefix}/${dimension}`, limit, scope, dimension, of, ...counted[dimension] }]
  })
}
