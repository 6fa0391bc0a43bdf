import type { BackgroundWindow } from './background-window.ts'
import { isFineTuned, NO_PROJECT } from './fine-tuned.ts'

/** What a rate limit can count, as the API calls it. */
export const dimensions = [
  'max_requests_per_1_minute',
  'max_tokens_per_1_minute',
  'max_images_per_1_minute',
  'max_audio_megabytes_per_1_minute',
  'max_requests_per_1_day',
  'batch_1_day_max_input_tokens',
] as const
export type Dimension = (typeof dimensions)[number]
export type Limits = Partial<Record<Dimension, number>>

/** Shown where nothing limits: the original's sign for "unlimited" (the largest 32-bit integer). */
export const UNLIMITED = 2_147_483_647

/** Nano-dollars (10^-9) for a million tokens: prices are integers inside. */
export type Price = { input: number; cachedInput: number; output: number }

/** A model that the organizations of this server can use. */
export type CatalogueModel = {
  id: string
  /** What its upstream calls it. */
  upstreamName: string
  /** The names of the upstreams that serve it. */
  upstreams: readonly string[]
  maxOutputTokens: number | null
  /** Tokens of thoughts that its server can count beside the most of one answer. */
  maxReasoningTokens: number
  /** Most tokens that it reads for one answer; it bounds what is not in the request: earlier responses, links, hosted tools. */
  contextTokens: number | null
  /** The dimensions it has; requests and tokens a minute always. */
  dimensions: ReadonlySet<Dimension>
  /** Models of one pool share one limit. */
  sharedPool: string | null
  /** Whether it searches the web by itself, without a tool that asks for it. */
  searches: boolean
  /** Null: not configured, so it costs nothing. */
  price: Price | null
  /** What the lines of batches cost. */
  batchPrice: Price | null
  /** What responses in the background cost, of which one waits so long. */
  windowPrices: Readonly<Partial<Record<BackgroundWindow, Price>>>
  /** Whether the gate runs its batches itself, line by line. */
  gateRunsBatches: boolean
  /** What an organization may use at most; a dimension that is missing is unlimited. */
  organizationLimits: Limits
  /** The projects that it belongs to, to all others it is not there; null: everybody's. */
  projects: ReadonlySet<string> | null
}

export type Catalogue = ReadonlyMap<string, CatalogueModel>

/** What limits the input tokens of batches that have not ended: a model that can be asked for in batches has it. */
export const BATCH_DIMENSION: Dimension = 'batch_1_day_max_input_tokens'

/** The name of the upstream that a server without one has: the model server that is built in. */
export const BUILT_IN_UPSTREAM = 'echo'

/** The original's models that search in every answer: a server that only lists them marks none. */
const knownToSearch = /-search-(preview|api)/

/** A model of which nothing is known but its name, and where it is served. A fine-tuned one is nobody's. */
export function plainModel(id: string, upstreams: readonly string[] = []): CatalogueModel {
  return {
    id,
    upstreamName: id,
    upstreams,
    maxOutputTokens: null,
    maxReasoningTokens: 0,
    contextTokens: null,
    dimensions: new Set(['max_requests_per_1_minute', 'max_tokens_per_1_minute']),
    sharedPool: null,
    searches: knownToSearch.test(id),
    price: null,
    batchPrice: null,
    windowPrices: {},
    gateRunsBatches: false,
    organizationLimits: {},
    projects: isFineTuned(id) ? NO_PROJECT : null,
  }
}

/** A model as it is where some of its upstreams have batches, or it as it was. @param having those that have */
export function offeredInBatches(model: CatalogueModel, having: ReadonlySet<string>): CatalogueModel {
  const isOffered = model.gateRunsBatches || model.upstreams.some((name) => having.has(name))
  if (model.dimensions.has(BATCH_DIMENSION) || !isOffered) return model
  return { ...model, dimensions: new Set([...model.dimensions, BATCH_DIMENSION]) }
}

/** One row of a project's rate limits. */
export type LimitRow = {
  /** What the row is about: a model, a pool, the base of fine-tuned models, or all that has no row. */
  model: string
  dimensions: ReadonlySet<Dimension>
  organizationLimits: Limits
  /** The rows whose numbers, set by a project, hold here; the first that has one counts. */
  setBy: readonly string[]
  /** Pools and fine-tuned models follow from others, so their rows are shown and cannot be set. */
  updatable: boolean
}

/** The row for models without a row of their own. */
export const DEFAULT_ROW = '*default'

/** The row of a pool. */
export const poolRow = (pool: string) => `${pool}-shared`

/** The row of a model: fine-tuned ones share that of their base. It may not be there: then the default row governs. */
export function rowOf(model: string): string {
  const base = fineTunedBase(model)
  return base === null ? model : `ft:${base}`
}

function fineTunedBase(model: string): string | null {
  const [kind, base] = model.split(':', 2)
  return kind === 'ft' && base ? base : null
}

type Shared = Pick<LimitRow, 'dimensions' | 'organizationLimits'>

/**
 * The rate limit rows of a catalogue, by model, sorted by id: one per model, pool and fine-tuned base, and the default.
 * @param seen the models whose rows are wanted; what a row says follows from all of the catalogue
 */
export function limitRows(catalogue: Catalogue, seen: Catalogue = catalogue): ReadonlyMap<string, LimitRow> {
  const pools = new Map<string, Shared>()
  for (const model of catalogue.values()) {
    if (model.sharedPool !== null) pools.set(model.sharedPool, narrowed(pools.get(model.sharedPool), model))
  }
  const { dimensions } = plainModel(DEFAULT_ROW)
  const rows: LimitRow[] = [
    { model: DEFAULT_ROW, dimensions, organizationLimits: {}, setBy: [DEFAULT_ROW], updatable: true },
  ]
  const fineTuned = new Map<string, Shared>()
  for (const model of catalogue.values()) {
    const { dimensions, organizationLimits } = (model.sharedPool !== null && pools.get(model.sharedPool)) || model
    const base = fineTunedBase(model.id)
    if (base === null) {
      rows.push({ model: model.id, dimensions, organizationLimits, setBy: [model.id], updatable: true })
    } else {
      // What a project sets for the base holds here too, so the row has what the base has.
      const based = { dimensions: catalogue.get(base)?.dimensions ?? new Set<Dimension>(), organizationLimits: {} }
      fineTuned.set(base, narrowed(fineTuned.get(base) ?? based, { dimensions, organizationLimits }))
    }
  }
  for (const [base, shared] of fineTuned) {
    rows.push({ model: `ft:${base}`, ...shared, setBy: [base, DEFAULT_ROW], updatable: false })
  }
  for (const [pool, shared] of pools) rows.push({ model: poolRow(pool), ...shared, setBy: [], updatable: false })
  const wanted = seen === catalogue ? null : namesOfRows(seen)
  const shown = wanted === null ? rows : rows.filter(({ model }) => wanted.has(model))
  return new Map(shown.sort((a, b) => (a.model < b.model ? -1 : 1)).map((row) => [row.model, row]))
}

function namesOfRows(models: Catalogue): ReadonlySet<string> {
  const named = [...models.values()].flatMap(({ id, sharedPool }) => [
    rowOf(id),
    ...(sharedPool === null ? [] : [poolRow(sharedPool)]),
  ])
  return new Set([DEFAULT_ROW, ...named])
}

/** What members of one row share: every dimension that one of them has, and the lowest maximum. */
function narrowed(shared: Shared | undefined, member: Shared): Shared {
  const limits = { ...shared?.organizationLimits }
  for (const [name, value] of Object.entries(member.organizationLimits) as [Dimension, number][]) {
    limits[name] = Math.min(limits[name] ?? UNLIMITED, value)
  }
  return { dimensions: new Set([...(shared?.dimensions ?? []), ...member.dimensions]), organizationLimits: limits }
}

/**
 * A project's own maxima for a row, in the dimensions where it has set one: never more than the organization's, which may
 * have been lowered since.
 * @param own what the project has set, by row
 */
export function projectLimits(row: LimitRow, own: ReadonlyMap<string, Limits>): Limits {
  const limits: Limits = {}
  for (const dimension of row.dimensions) {
    const setter = row.setBy.find((name) => own.get(name)?.[dimension] !== undefined)
    const value = setter === undefined ? undefined : own.get(setter)?.[dimension]
    if (value !== undefined) limits[dimension] = Math.min(value, row.organizationLimits[dimension] ?? UNLIMITED)
  }
  return limits
}
