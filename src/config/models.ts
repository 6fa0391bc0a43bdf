import { type BackgroundWindow, backgroundWindows } from '../core/background-window.ts'
import {
  BATCH_DIMENSION,
  type Catalogue,
  type CatalogueModel,
  type Dimension,
  dimensions,
  type Price,
  plainModel,
} from '../core/catalogue.ts'
import { rowNames } from '../core/model-list.ts'
import { isModelName } from '../core/model-name.ts'
import { toProjects } from './model-projects.ts'
import { closed } from './schema.ts'
import { everywhere } from './upstreams.ts'

const amount = { type: 'number', minimum: 0 }
const count = { type: 'integer', minimum: 0, maximum: 2_147_483_647 }

/** The words a model's `dimensions` may hold, for what it has besides requests and tokens a minute. */
const extra: Record<string, Dimension> = {
  images: 'max_images_per_1_minute',
  audio: 'max_audio_megabytes_per_1_minute',
  requests_per_day: 'max_requests_per_1_day',
}

const price = closed({ input: amount, cached_input: amount, output: amount }, ['input'])

/** What the configuration file may say of a model. */
export const modelSchema = closed({
  upstreams: { type: 'array', items: { type: 'string' }, minItems: 1 },
  name_upstream: { type: 'string', minLength: 1 },
  projects: { type: 'array', items: { type: 'string' }, minItems: 1 },
  max_output_tokens: { type: 'integer', minimum: 1 },
  max_reasoning_tokens: { type: 'integer', minimum: 0, maximum: 2_147_483_647 },
  context_tokens: { type: 'integer', minimum: 1, maximum: 2_147_483_647 },
  dimensions: { type: 'array', items: { enum: Object.keys(extra) } },
  shared_pool: { type: 'string', pattern: '^[A-Za-z0-9._-]+$' },
  searches: { type: 'boolean' },
  price_per_million: price,
  batch_price_per_million: price,
  background_price_per_million: closed(Object.fromEntries(backgroundWindows.map((window) => [window, price]))),
  batches: { enum: ['gatehouse'] },
  organization_limits: closed(Object.fromEntries(dimensions.map((dimension) => [dimension, count]))),
})

type WrittenPrice = { input: number; cached_input?: number; output?: number }

/** The same, as it is written. */
export type WrittenModel = {
  upstreams?: string[]
  name_upstream?: string
  projects?: string[]
  max_output_tokens?: number
  max_reasoning_tokens?: number
  context_tokens?: number
  dimensions?: string[]
  shared_pool?: string
  searches?: boolean
  price_per_million?: WrittenPrice
  batch_price_per_million?: WrittenPrice
  background_price_per_million?: Partial<Record<BackgroundWindow, WrittenPrice>>
  batches?: 'gatehouse'
  organization_limits?: Partial<Record<Dimension, number>>
}

/**
 * The models of the configuration file.
 * @param upstreams the names of those that the file has
 * @param wrong told of every mistake
 */
export function toCatalogue(
  written: Record<string, WrittenModel>,
  upstreams: readonly string[],
  wrong: (message: string) => void,
): Catalogue {
  const served = everywhere(upstreams)
  const catalogue = new Map<string, CatalogueModel>()
  for (const [id, one] of Object.entries(written)) {
    for (const name of one.upstreams ?? [])
      if (!upstreams.includes(name)) wrong(`models.${id}.upstreams names '${name}', which is not there`)
    catalogue.set(id, toModel(id, one, served, wrong))
  }
  const rows = rowNames(catalogue)
  for (const id of catalogue.keys()) {
    if (!isModelName(id)) wrong(`models names ${JSON.stringify(id)}, which no model can be called`)
    if (rows.has(id)) wrong(`models names '${id}', which is the name of a row of limits`)
  }
  return catalogue
}

/** Dollars to nano-dollars. */
const nano = (dollars: number) => Math.round(dollars * 1e9)

const toPrice = ({ input, cached_input = input, output = input }: WrittenPrice): Price => ({
  input: nano(input),
  cachedInput: nano(cached_input),
  // Not free: who forgets it of a model that answers would not notice.
  output: nano(output),
})

function toModel(
  id: string,
  written: WrittenModel,
  served: readonly string[],
  wrong: (message: string) => void,
): CatalogueModel {
  const plain = plainModel(id)
  const price = written.price_per_million ? toPrice(written.price_per_million) : null
  const batchPrice = written.batch_price_per_million
  const windowPrices = Object.entries(written.background_price_per_million ?? {})
  const organizationLimits = written.organization_limits ?? {}
  // Whether it can be asked for in batches, its upstreams say.
  const limited = (Object.keys(organizationLimits) as Dimension[]).filter((dimension) => dimension !== BATCH_DIMENSION)
  const named = (written.dimensions ?? []).flatMap((word) => extra[word] ?? [])
  const upstreamName = written.name_upstream ?? id
  return {
    ...plain,
    upstreamName,
    upstreams: [...new Set(written.upstreams ?? served)],
    maxOutputTokens: written.max_output_tokens ?? null,
    maxReasoningTokens: written.max_reasoning_tokens ?? plain.maxReasoningTokens,
    contextTokens: written.context_tokens ?? null,
    dimensions: new Set([...plain.dimensions, ...named, ...limited]),
    sharedPool: written.shared_pool ?? null,
    searches: written.searches ?? plain.searches,
    price,
    gateRunsBatches: written.batches === 'gatehouse',
    batchPrice: batchPrice ? toPrice(batchPrice) : price,
    windowPrices: Object.fromEntries(windowPrices.map(([window, one]) => [window, toPrice(one)])),
    organizationLimits,
    projects: toProjects({ id, upstreamName, written: written.projects }, wrong),
  }
}
