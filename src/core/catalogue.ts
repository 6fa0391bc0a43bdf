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
  maxOutputTokens: number | null
  /** The dimensions it has; requests and tokens a minute always. */
  dimensions: ReadonlySet<Dimension>
  /** Models of one pool share one limit. */
  sharedPool: string | null
  /** Null: not configured, so it costs nothing. */
  price: Price | null
  /** What an organization may use at most; a dimension that is missing is unlimited. */
  organizationLimits: Limits
}

export type Catalogue = ReadonlyMap<string, CatalogueModel>

/** A model of which nothing but its name is known. */
export function plainModel(id: string): CatalogueModel {
  return {
    id,
    upstreamName: id,
    maxOutputTokens: null,
    dimensions: new Set(['max_requests_per_1_minute', 'max_tokens_per_1_minute']),
    sharedPool: null,
    price: null,
    organizationLimits: {},
  }
}

/** One row of a project's rate limits. */
export type LimitRow = {
  /** What the row is about: a model, a pool, the base of fine-tuned models, or all that has no row. */
  model: string
  dimensions: ReadonlySet<Dimension>
  organizationLimits: Limits
  /** Pools and fine-tuned models follow from others, so their rows are shown and cannot be set. */
  updatable: boolean
}

/** The row for models without a row of their own. */
export const DEFAULT_ROW = '*default'

/** The rate limit rows of a catalogue, by model, sorted by id: one per model, pool and fine-tuned base, and the default. */
export function limitRows(catalogue: Catalogue): ReadonlyMap<string, LimitRow> {
  const rows = new Map<string, LimitRow>()
  const plain = plainModel(DEFAULT_ROW)
  rows.set(DEFAULT_ROW, { model: DEFAULT_ROW, dimensions: plain.dimensions, organizationLimits: {}, updatable: true })
  for (const model of catalogue.values()) {
    const { dimensions, organizationLimits } = model
    const [kind, base] = model.id.split(':')
    const name = kind === 'ft' && base ? `ft:${base}` : model.id
    rows.set(name, { model: name, dimensions, organizationLimits, updatable: kind !== 'ft' })
    if (model.sharedPool === null) continue
    const pool = `${model.sharedPool}-shared`
    rows.set(pool, { model: pool, dimensions, organizationLimits, updatable: false })
  }
  return new Map([...rows].sort(([a], [b]) => (a < b ? -1 : 1)))
}
