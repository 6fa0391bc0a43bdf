import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { BELIEVED_MS } from '../core/believed.ts'
import type { Catalogue } from '../core/catalogue.ts'
import { type DefaultedCall, type DefaultModels, defaultedCalls, NO_DEFAULTS } from '../core/default-model.ts'
import { deniedField } from '../core/denied-field.ts'
import type { McpHosts } from '../core/mcp-hosts.ts'
import {
  type UnknownFields,
  type UpstreamKind,
  type UsageAsking,
  upstreamKinds,
  usageAsking,
} from '../core/upstream-kind.ts'
import { type ConsoleConfig, consoleSchema, toConsole, type WrittenConsole } from './console.ts'
import { databaseFields, type WrittenDatabase } from './database.ts'
import { toMcpHosts } from './mcp-hosts.ts'
import { modelSchema, toCatalogue, type WrittenModel } from './models.ts'
import { toOffers } from './offers.ts'
import type { WrittenOidc } from './oidc.ts'
import { NO_REDIS_FILE, type RedisFile, redisSchema, toRedisFile, type WrittenRedis } from './redis.ts'
import { closed } from './schema.ts'
import { headerText, httpUrl } from './text.ts'
import type { UpstreamConfig, UpstreamConfigs } from './upstreams.ts'

// Loaded only where there is a file to read.
const require = createRequire(import.meta.url)

/** What the file that `GATEHOUSE_CONFIG` names says. */
export type ConfigFile = {
  upstreams: UpstreamConfigs
  models: Catalogue
  /** What becomes of unknown fields where an upstream does not say; null: its kind decides. */
  unknownFields: UnknownFields | null
  /** The models that calls mean which name none. */
  defaultModels: DefaultModels
  /** What projects may have model servers reach by their tools. */
  mcpHosts: McpHosts
  /** Tokens that a call is reckoned to answer with where neither it nor its model says how many. */
  defaultMaxOutputTokens: number
  /** Bytes that the bodies of all calls in flight may hold together. */
  bodyBudgetBytes: number
  /** Milliseconds of silence after which a stream gets a comment; 0: none does. */
  streamKeepaliveMs: number
  /** Milliseconds that running calls have to come to their end when the server is told to stop. */
  drainMs: number
  /** Milliseconds that what is known of a key serves, from when it was true, while the database cannot be asked. */
  serveKnownKeysMs: number
  /** How many days are kept of what does not stay for ever. */
  retention: Retention
  /** What the URL of Redis does not say. */
  redis: RedisFile
  /** What it says of PostgreSQL; null: nothing. */
  database: WrittenDatabase | null
  /** Who may sign in, and for how long; and what it says of the provider by which they do. */
  console: { settings: ConsoleConfig; oidc: WrittenOidc | null }
}

export type Retention = {
  /** Of usage and costs by the minute; hours and days stay. */
  usageMinutesDays: number
  /** Of who owns a response, counted from its creation: an older one is found by nobody. */
  responsesDays: number
  /** Of the audit log, whose newest event always stays; null: all of it for ever. */
  auditDays: number | null
}

/** What holds where there is no file. */
export const NO_FILE: ConfigFile = {
  upstreams: new Map(),
  models: new Map(),
  defaultModels: NO_DEFAULTS,
  mcpHosts: new Map(),
  unknownFields: null,
  defaultMaxOutputTokens: 4096,
  bodyBudgetBytes: 256 * 1024 * 1024,
  streamKeepaliveMs: 0,
  drainMs: 10_000,
  serveKnownKeysMs: BELIEVED_MS,
  retention: { usageMinutesDays: 30, responsesDays: 30, auditDays: null },
  redis: NO_REDIS_FILE,
  database: null,
  console: { settings: toConsole(), oidc: null },
}

const named = (value: object) => ({ type: 'object', additionalProperties: value, propertyNames: { minLength: 1 } })

const unknownFields = { enum: ['refuse', 'drop'] }
const upstream = closed(
  {
    url: { type: 'string', pattern: '^https?://' },
    key: { type: 'string' },
    timeout_ms: { type: 'integer', minimum: 1, maximum: 3_600_000 },
    weight: { type: 'integer', minimum: 1, maximum: 1000 },
    kind: { enum: upstreamKinds },
    extra_fields: { type: 'array', items: { type: 'string', minLength: 1, maxLength: 128 } },
    unknown_fields: unknownFields,
    asks_for_usage: { enum: usageAsking },
    offers: { type: 'array', items: { type: 'string' } },
  },
  ['url'],
)
const days = { type: 'integer', minimum: 1, maximum: 36_500 }
const schema = closed({
  upstreams: { ...named(upstream), propertyNames: { pattern: '^[A-Za-z0-9._-]{1,64}$' } },
  models: named(modelSchema),
  default_models: closed(Object.fromEntries(defaultedCalls.map((call) => [call, { type: 'string' }]))),
  mcp_hosts: named({ type: 'array', items: { type: 'string' } }),
  unknown_fields: unknownFields,
  default_max_output_tokens: { type: 'integer', minimum: 1, maximum: 100_000_000 },
  // One body of the largest size must fit.
  body_budget_mb: { type: 'integer', minimum: 64, maximum: 1_048_576 },
  stream_keepalive_seconds: { type: 'number', minimum: 0, maximum: 3600 },
  drain_seconds: { type: 'number', minimum: 0, maximum: 86_400 },
  // Less than what is believed anyway would be no setting; more than a day no outage.
  serve_known_keys_seconds: { type: 'number', minimum: BELIEVED_MS / 1000, maximum: 86_400 },
  retention: closed({ usage_minutes_days: days, responses_days: days, audit_days: days }),
  redis: closed(redisSchema),
  database: closed(databaseFields),
  console: consoleSchema,
})

type Written = {
  upstreams?: Record<string, WrittenUpstream>
  models?: Record<string, WrittenModel>
  default_models?: Partial<Record<DefaultedCall, string>>
  mcp_hosts?: Record<string, string[]>
  unknown_fields?: UnknownFields
  default_max_output_tokens?: number
  body_budget_mb?: number
  stream_keepalive_seconds?: number
  drain_seconds?: number
  serve_known_keys_seconds?: number
  retention?: { usage_minutes_days?: number; responses_days?: number; audit_days?: number }
  redis?: WrittenRedis
  database?: WrittenDatabase
  console?: WrittenConsole
}
type WrittenUpstream = {
  url: string
  key?: string
  timeout_ms?: number
  weight?: number
  kind?: UpstreamKind
  extra_fields?: string[]
  unknown_fields?: UnknownFields
  asks_for_usage?: UsageAsking
  offers?: string[]
}

/**
 * Reads the configuration file, YAML or JSON. `${NAME}` in a text stands for an environment variable.
 * @param mistakes every mistake is added here
 */
export function readConfigFile(path: string, env: Record<string, string | undefined>, mistakes: string[]): ConfigFile {
  const wrong = (message: string) => void mistakes.push(`GATEHOUSE_CONFIG: ${path}: ${message}`)
  const written = load(path, env, wrong)
  if (written === undefined) return NO_FILE
  const validate = new (require('ajv') as typeof import('ajv')).Ajv({ allErrors: true, strict: false }).compile(schema)
  if (!validate(written)) {
    for (const { instancePath, message, params } of validate.errors ?? []) {
      const detail = 'additionalProperty' in params ? ` ('${params.additionalProperty}')` : ''
      wrong(`${instancePath.slice(1).replaceAll('/', '.') || 'the file'} ${message}${detail}`)
    }
    return NO_FILE
  }
  const { upstreams = {}, models = {}, unknown_fields: preset = null } = written as Written
  return {
    upstreams: new Map(Object.entries(upstreams).map(([name, one]) => [name, toUpstream(name, one, preset, wrong)])),
    unknownFields: preset,
    models: toCatalogue(models, Object.keys(upstreams), wrong),
    defaultModels: { ...NO_DEFAULTS, ...(written as Written).default_models },
    mcpHosts: toMcpHosts((written as Written).mcp_hosts, wrong),
    defaultMaxOutputTokens: (written as Written).default_max_output_tokens ?? NO_FILE.defaultMaxOutputTokens,
    bodyBudgetBytes: mebibytes((written as Written).body_budget_mb) ?? NO_FILE.bodyBudgetBytes,
    streamKeepaliveMs: ((written as Written).stream_keepalive_seconds ?? 0) * 1000,
    drainMs: ((written as Written).drain_seconds ?? NO_FILE.drainMs / 1000) * 1000,
    serveKnownKeysMs: ((written as Written).serve_known_keys_seconds ?? NO_FILE.serveKnownKeysMs / 1000) * 1000,
    retention: toRetention((written as Written).retention),
    redis: toRedisFile((written as Written).redis, wrong),
    database: (written as Written).database ?? null,
    console: { settings: toConsole((written as Written).console), oidc: (written as Written).console?.oidc ?? null },
  }
}

const mebibytes = (count: number | undefined) => (count === undefined ? undefined : count * 1024 * 1024)

function toUpstream(
  name: string,
  written: WrittenUpstream,
  preset: UnknownFields | null,
  wrong: (message: string) => void,
): UpstreamConfig {
  const checked = <T, R>(what: string, value: T, check: (value: T) => R, instead: R): R => {
    try {
      return check(value)
    } catch (error) {
      wrong(`upstreams.${name}.${what}: ${(error as Error).message}`)
      return instead
    }
  }
  const { kind = 'other', extra_fields = [], unknown_fields = preset } = written
  for (const field of extra_fields) {
    const denial = deniedField(field)
    if (denial !== null) wrong(`upstreams.${name}.extra_fields: '${field}' could ${denial}: no setting offers it`)
  }
  return {
    url: checked('url', written.url, httpUrl, ''),
    key: written.key ? checked('key', written.key, headerText, '') : null,
    timeoutMs: written.timeout_ms ?? null,
    weight: written.weight ?? 1,
    kind,
    extraFields: extra_fields,
    unknownFields: unknown_fields,
    asksForUsage: written.asks_for_usage ?? 'auto',
    offers: checked('offers', written.offers ?? [], toOffers, []),
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

function toRetention(written: Written['retention']): Retention {
  const preset = NO_FILE.retention
  return {
    usageMinutesDays: written?.usage_minutes_days ?? preset.usageMinutesDays,
    responsesDays: written?.responses_days ?? preset.responsesDays,
    auditDays: written?.audit_days ?? preset.auditDays,
  }
}
