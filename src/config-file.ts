import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { type Catalogue, type CatalogueModel, type Dimension, dimensions, plainModel } from './core/catalogue.ts'

// Loaded only where there is a file to read.
const require = createRequire(import.meta.url)

/** What the file that `GATEHOUSE_CONFIG` names says. */
export type ConfigFile = {
  upstream: { url: string; key: string | null; timeoutMs: number | null } | null
  models: Catalogue
}

const amount = { type: 'number', minimum: 0 }
const count = { type: 'integer', minimum: 0, maximum: 2_147_483_647 }
const closed = (properties: object, required: string[] = []) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
})
const named = (value: object) => ({ type: 'object', additionalProperties: value, propertyNames: { minLength: 1 } })

/** The words a model's `dimensions` may hold, for what it has besides requests and tokens a minute. */
const extra: Record<string, Dimension> = {
  images: 'max_images_per_1_minute',
  audio: 'max_audio_megabytes_per_1_minute',
  requests_per_day: 'max_requests_per_1_day',
}
const governed = dimensions.filter((dimension) => dimension !== 'batch_1_day_max_input_tokens')

const upstream = closed(
  {
    url: { type: 'string', pattern: '^https?://' },
    key: { type: 'string' },
    timeout_ms: { type: 'integer', minimum: 1, maximum: 3_600_000 },
    weight: { type: 'integer', minimum: 1, maximum: 1000 },
  },
  ['url'],
)
const model = closed({
  upstreams: { type: 'array', items: { type: 'string' }, minItems: 1 },
  name_upstream: { type: 'string', minLength: 1 },
  max_output_tokens: { type: 'integer', minimum: 1 },
  dimensions: { type: 'array', items: { enum: Object.keys(extra) } },
  shared_pool: { type: 'string', pattern: '^[A-Za-z0-9._-]+$' },
  price_per_million: closed({ input: amount, cached_input: amount, output: amount }, ['input', 'output']),
  organization_limits: closed(Object.fromEntries(governed.map((dimension) => [dimension, count]))),
})
const schema = closed({ upstreams: named(upstream), models: named(model) })

type Written = {
  upstreams?: Record<string, { url: string; key?: string; timeout_ms?: number }>
  models?: Record<string, WrittenModel>
}
type WrittenModel = {
  upstreams?: string[]
  name_upstream?: string
  max_output_tokens?: number
  dimensions?: string[]
  shared_pool?: string
  price_per_million?: { input: number; cached_input?: number; output: number }
  organization_limits?: Partial<Record<Dimension, number>>
}

/**
 * Reads the configuration file, YAML or JSON. `${NAME}` in a text stands for an environment variable.
 * @param mistakes every mistake is added here
 */
export function readConfigFile(path: string, env: Record<string, string | undefined>, mistakes: string[]): ConfigFile {
  const wrong = (message: string) => void mistakes.push(`GATEHOUSE_CONFIG: ${path}: ${message}`)
  const nothing: ConfigFile = { upstream: null, models: new Map() }
  const written = load(path, env, wrong)
  if (written === undefined) return nothing
  const validate = new (require('ajv') as typeof import('ajv')).Ajv({ allErrors: true, strict: false }).compile(schema)
  if (!validate(written)) {
    for (const { instancePath, message, params } of validate.errors ?? []) {
      const detail = 'additionalProperty' in params ? ` ('${params.additionalProperty}')` : ''
      wrong(`${instancePath.slice(1).replaceAll('/', '.') || 'the file'} ${message}${detail}`)
    }
    return nothing
  }
  const { upstreams = {}, models = {} } = written as Written
  for (const [id, { upstreams: used = [] }] of Object.entries(models)) {
    for (const name of used)
      if (!Object.hasOwn(upstreams, name)) wrong(`models.${id}.upstreams names '${name}', which is not there`)
  }
  const [only, ...others] = Object.values(upstreams)
  if (others.length > 0) wrong('this version can use one upstream only')
  return {
    upstream: only ? { url: only.url, key: only.key ?? null, timeoutMs: only.timeout_ms ?? null } : null,
    models: new Map(Object.entries(models).map(([id, value]) => [id, toModel(id, value)])),
  }
}

function load(path: string, env: Record<string, string | undefined>, wrong: (message: string) => void): unknown {
  try {
    const missing = new Set<string>()
    const value = fill((require('yaml') as typeof import('yaml')).parse(readFileSync(path, 'utf8')) ?? {}, env, missing)
    for (const name of missing) wrong(`\${${name}} is not in the environment`)
    return value
  } catch (error) {
    wrong((error as Error).message)
    return undefined
  }
}

function fill(value: unknown, env: Record<string, string | undefined>, missing: Set<string>): unknown {
  if (typeof value === 'string') {
    return value.replace(/\$\{(\w+)\}/g, (_, name: string) => {
      if (env[name] === undefined) missing.add(name)
      return env[name] ?? ''
    })
  }
  if (Array.isArray(value)) return value.map((item) => fill(item, env, missing))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, fill(item, env, missing)]))
}

/** Dollars to nano-dollars. */
const nano = (dollars: number) => Math.round(dollars * 1e9)

function toModel(id: string, written: WrittenModel): CatalogueModel {
  const plain = plainModel(id)
  const price = written.price_per_million
  const organizationLimits = written.organization_limits ?? {}
  const named = (written.dimensions ?? []).flatMap((word) => extra[word] ?? [])
  return {
    ...plain,
    upstreamName: written.name_upstream ?? id,
    maxOutputTokens: written.max_output_tokens ?? null,
    dimensions: new Set([...plain.dimensions, ...named, ...(Object.keys(organizationLimits) as Dimension[])]),
    sharedPool: written.shared_pool ?? null,
    price: price
      ? { input: nano(price.input), cachedInput: nano(price.cached_input ?? price.input), output: nano(price.output) }
      : null,
    organizationLimits,
  }
}
