import { readFileSync } from 'node:fs'
import { BlockList, isIP, isIPv6 } from 'node:net'
import { resolve } from 'node:path'
import type { Catalogue } from '../core/catalogue.ts'
import type { DatabaseSettings } from '../core/database-settings.ts'
import type { DefaultModels } from '../core/default-model.ts'
import { isAdminKey } from '../core/key.ts'
import type { McpHosts } from '../core/mcp-hosts.ts'
import { upstreamKinds, usageAsking } from '../core/upstream-kind.ts'
import type { ConsoleConfig } from './console.ts'
import { databaseSettings, databaseUrl, postgresUrl } from './database.ts'
import { flawsOfDefaults } from './default-models.ts'
import { chosenDoors, type Door } from './doors.ts'
import { type ConfigFile, NO_FILE, type Retention, readConfigFile } from './file.ts'
import { type FilesPlace, filesPlace, toFiles } from './files.ts'
import { offersIn } from './offers.ts'
import { issuerUrl, type OidcConfig, toOidc } from './oidc.ts'
import { namedOrigins, type Origins, origins } from './origins.ts'
import { type RedisConfig, redisUrl, toRedis } from './redis.ts'
import { serviceVariables } from './services.ts'
import { type SmtpServer, smtpServer } from './smtp.ts'
import { headerText, httpUrl } from './text.ts'
import { readTlsFiles, type TlsFiles } from './tls-files.ts'
import { chooseUpstreams, type UpstreamConfigs } from './upstreams.ts'
import { flawsOfWorkers, workers } from './workers.ts'

export type Config = Readonly<{
  host: string
  port: number
  databaseUrl: string
  /** How it is used, where it is PostgreSQL. */
  database: DatabaseSettings
  /** Threads that serve; 1: the main thread does. */
  workers: number
  adminKey: string | null
  /** By name; none: the built-in model server answers. */
  upstreams: UpstreamConfigs
  trustedProxies: BlockList | null
  /** Where webhooks may go besides public addresses; null: nowhere. */
  webhookNetworks: BlockList | null
  /** Null: plain HTTP. */
  tls: TlsFiles | null
  /** Whether the organization's certificates bind the Administration API too. */
  adminMtls: boolean
  /** What becomes of a stream whose key may no longer make such a call. */
  revokedStreams: 'end' | 'finish'
  /** Whose pages may call the gate from a browser. */
  corsOrigins: Origins
  /** Whose pages may call the Administration API. */
  adminCorsOrigins: Origins
  /** Without a slash at its end; null: the listener's own address. */
  publicUrl: string | null
  /** Where spend alerts are mailed through; null: they are logged and counted only. */
  smtp: SmtpServer | null
  /** Where limits and money are counted for all nodes; null: here, for this one. */
  redis: RedisConfig | null
  logLevel: LogLevel
  /** The models that GATEHOUSE_CONFIG names. */
  models: Catalogue
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
  /** Where the gate keeps files itself; null: nowhere. */
  files: FilesPlace | null
  /** How many days are kept of what does not stay for ever. */
  retention: Retention
  /** Who may sign in, and for how long. */
  console: ConsoleConfig
  /** By which provider people sign in; null: by none. */
  oidc: OidcConfig | null
  doors: readonly Door[]
  /** Names of what Kubernetes put into the environment for its services, where there are any: no settings, though they look so. */
  serviceVariables?: readonly string[]
}>

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

/** One setting: its default, and how its text becomes a value (by throwing where it cannot). */
type Setting<T> = { preset: string | null; parse: (text: string) => T }

/** Where files are that belong to batches which the gate runs, where nobody says. */
const FILES = 'data/files'

const NO_ORIGIN: Origins = new Set<string>()

const text = (value: string) => value
const setting = <T>(preset: string | null, parse: (text: string) => T): Setting<T> => ({ preset, parse })

/** Every setting of this version. `GATEHOUSE_DATABASE_URL` is also `--database-url`. */
const settings = {
  GATEHOUSE_HOST: setting('127.0.0.1', host),
  GATEHOUSE_PORT: setting('8080', integer(0, 65_535)),
  GATEHOUSE_DATABASE_URL: setting('sqlite:data/gatehouse.db', databaseUrl),
  GATEHOUSE_DATABASE_DIRECT_URL: setting(null, postgresUrl),
  GATEHOUSE_WORKERS: setting('1', workers),
  GATEHOUSE_ADMIN_KEY: setting(null, adminKey),
  GATEHOUSE_UPSTREAM_URL: setting(null, httpUrl),
  GATEHOUSE_UPSTREAM_KEY: setting(null, headerText),
  GATEHOUSE_UPSTREAM_KIND: setting(null, oneOf(upstreamKinds)),
  GATEHOUSE_UPSTREAM_ASKS_FOR_USAGE: setting(null, oneOf(usageAsking)),
  GATEHOUSE_UPSTREAM_OFFERS: setting(null, offersIn),
  GATEHOUSE_TRUSTED_PROXIES: setting(null, addresses),
  GATEHOUSE_WEBHOOK_NETWORKS: setting(null, addresses),
  GATEHOUSE_TLS_CERT: setting(null, text),
  GATEHOUSE_TLS_KEY: setting(null, text),
  GATEHOUSE_ADMIN_MTLS: setting('off', oneOf(['off', 'on'])),
  GATEHOUSE_REVOKED_STREAMS: setting('end', oneOf(['end', 'finish'])),
  GATEHOUSE_CORS_ORIGINS: setting('*', origins),
  GATEHOUSE_ADMIN_CORS_ORIGINS: setting('none', namedOrigins),
  GATEHOUSE_PUBLIC_URL: setting(null, httpUrl),
  GATEHOUSE_OIDC_ISSUER: setting(null, issuerUrl),
  GATEHOUSE_OIDC_CLIENT_ID: setting(null, headerText),
  GATEHOUSE_OIDC_CLIENT_SECRET: setting(null, headerText),
  GATEHOUSE_SMTP_URL: setting(null, smtpServer),
  GATEHOUSE_REDIS_URL: setting(null, redisUrl),
  GATEHOUSE_STREAM_KEEPALIVE_SECONDS: setting(null, seconds(3600)),
  GATEHOUSE_CONFIG: setting(null, text),
  GATEHOUSE_FILES: setting(null, filesPlace),
  GATEHOUSE_LOG_LEVEL: setting('info', oneOf(logLevels)),
}
type Name = keyof typeof settings

/** Everything that is wrong with the settings, in one error: a start that fails five times in a row helps nobody. */
export class ConfigError extends Error {
  readonly mistakes: readonly string[]
  constructor(mistakes: readonly string[]) {
    super(
      `Gatehouse cannot start. ${mistakes.length === 1 ? 'One setting is' : `${mistakes.length} settings are`} wrong:\n${mistakes.map((mistake) => `  - ${mistake}`).join('\n')}`,
    )
    this.mistakes = mistakes
  }
}

/** The flags of `parseArgs` that settings have, besides `--only`. */
export const settingFlags: Record<string, { type: 'string' }> = Object.fromEntries(
  Object.keys(settings).map((name) => [flagOf(name), { type: 'string' as const }]),
)

/**
 * The configuration: flags first, then the environment, then defaults.
 * @param given the environment; an empty value is an absent one, and so is what Kubernetes says of its services
 * @param flags `--port 8080` as `{ port: '8080' }`; `only` chooses doors
 * @throws ConfigError naming every mistake
 */
export function readConfig(given: Record<string, string | undefined>, flags: Record<string, unknown> = {}): Config {
  const services = serviceVariables(given)
  const env = Object.fromEntries(Object.entries(given).filter(([name]) => !services.has(name)))
  const mistakes = strangers(env)
  const flagFor = (name: Name) => {
    const flag = flags[flagOf(name)]
    // An empty value is an absent one: `--host "$UNSET"` must not listen on every address.
    return typeof flag === 'string' ? flag : ''
  }
  const isGiven = (name: Name) => Boolean(flagFor(name) || env[name])
  const read = <N extends Name>(name: N): ReturnType<(typeof settings)[N]['parse']> | null => {
    const flag = flagFor(name)
    const written = flag || env[name] || settings[name].preset
    if (written === null) return null
    try {
      return settings[name].parse(written) as ReturnType<(typeof settings)[N]['parse']>
    } catch (error) {
      mistakes.push(`${flag ? `--${flagOf(name)}` : name}: ${(error as Error).message}`)
      return null
    }
  }
  const file = configFile(read('GATEHOUSE_CONFIG'), env, mistakes)
  const databaseUrl = read('GATEHOUSE_DATABASE_URL')
  const small = {
    url: read('GATEHOUSE_UPSTREAM_URL'),
    key: read('GATEHOUSE_UPSTREAM_KEY'),
    kind: read('GATEHOUSE_UPSTREAM_KIND'),
    asksForUsage: read('GATEHOUSE_UPSTREAM_ASKS_FOR_USAGE'),
    offers: read('GATEHOUSE_UPSTREAM_OFFERS'),
    urlGiven: isGiven('GATEHOUSE_UPSTREAM_URL'),
  }
  const publicUrl = read('GATEHOUSE_PUBLIC_URL')
  const provider = {
    issuer: read('GATEHOUSE_OIDC_ISSUER'),
    clientId: read('GATEHOUSE_OIDC_CLIENT_ID'),
    clientSecret: read('GATEHOUSE_OIDC_CLIENT_SECRET'),
    publicUrl,
  }
  const config = {
    host: read('GATEHOUSE_HOST') ?? '',
    port: read('GATEHOUSE_PORT') ?? 0,
    databaseUrl: databaseUrl ?? '',
    database: databaseSettings(databaseUrl, read('GATEHOUSE_DATABASE_DIRECT_URL'), file.database, mistakes),
    workers: read('GATEHOUSE_WORKERS') ?? 1,
    adminKey: read('GATEHOUSE_ADMIN_KEY'),
    ...chooseUpstreams(file, small, mistakes),
    defaultModels: file.defaultModels,
    mcpHosts: file.mcpHosts,
    defaultMaxOutputTokens: file.defaultMaxOutputTokens,
    bodyBudgetBytes: file.bodyBudgetBytes,
    streamKeepaliveMs: read('GATEHOUSE_STREAM_KEEPALIVE_SECONDS') ?? file.streamKeepaliveMs,
    drainMs: file.drainMs,
    serveKnownKeysMs: file.serveKnownKeysMs,
    files: toFiles(read('GATEHOUSE_FILES') ?? (runsBatches(file.models) ? { folder: resolve(FILES) } : null), env),
    retention: file.retention,
    console: file.console.settings,
    oidc: toOidc(provider, file.console.oidc, mistakes),
    trustedProxies: read('GATEHOUSE_TRUSTED_PROXIES'),
    webhookNetworks: read('GATEHOUSE_WEBHOOK_NETWORKS'),
    tls: tlsFiles(read('GATEHOUSE_TLS_CERT'), read('GATEHOUSE_TLS_KEY'), mistakes),
    adminMtls: read('GATEHOUSE_ADMIN_MTLS') === 'on',
    revokedStreams: read('GATEHOUSE_REVOKED_STREAMS') ?? 'end',
    corsOrigins: read('GATEHOUSE_CORS_ORIGINS') ?? NO_ORIGIN,
    adminCorsOrigins: read('GATEHOUSE_ADMIN_CORS_ORIGINS') ?? NO_ORIGIN,
    publicUrl,
    smtp: read('GATEHOUSE_SMTP_URL'),
    redis: toRedis(read('GATEHOUSE_REDIS_URL'), file.redis, mistakes),
    logLevel: read('GATEHOUSE_LOG_LEVEL') ?? 'info',
    doors: chosenDoors(flags.only, mistakes),
    ...(services.size > 0 && { serviceVariables: [...services] }),
  }
  if (config.adminMtls && !(isGiven('GATEHOUSE_TLS_CERT') || isGiven('GATEHOUSE_TRUSTED_PROXIES'))) {
    mistakes.push(
      'GATEHOUSE_ADMIN_MTLS: no client certificate can reach this server without GATEHOUSE_TLS_CERT and GATEHOUSE_TLS_KEY, or GATEHOUSE_TRUSTED_PROXIES',
    )
  }
  mistakes.push(...flawsOfWorkers(config))
  mistakes.push(...flawsOfDefaults(config.defaultModels, config.models, config.upstreams))
  if (mistakes.length > 0) throw new ConfigError(mistakes)
  return Object.freeze(config)
}

/** Both files or none, and they must fit each other. */
function tlsFiles(cert: string | null, key: string | null, mistakes: string[]): TlsFiles | null {
  if (cert === null && key === null) return null
  if (cert === null || key === null) {
    const [there, missing] = cert === null ? ['KEY', 'CERT'] : ['CERT', 'KEY']
    mistakes.push(`GATEHOUSE_TLS_${there}: TLS needs GATEHOUSE_TLS_${missing} too, which is not set`)
    return null
  }
  const files = { cert, key }
  const read = readTlsFiles(files)
  if (Array.isArray(read)) {
    mistakes.push(...read.map(({ file, why }) => `GATEHOUSE_TLS_${file.toUpperCase()}: ${why}`))
  }
  return files
}

function configFile(path: string | null, env: Record<string, string | undefined>, mistakes: string[]): ConfigFile {
  return path === null ? NO_FILE : readConfigFile(path, env, mistakes)
}

const runsBatches = (models: Catalogue) => [...models.values()].some((model) => model.gateRunsBatches)

export const version: string = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version

/** The URL of a listener, without a slash at its end. @param host a name or an address */
export function originOf(secure: boolean, host: string, port: number): string {
  return `${secure ? 'https' : 'http'}://${isIPv6(host) ? `[${host}]` : host}:${port}`
}

/** Names that look like settings and are none: most often a typo, which would otherwise be a setting that does nothing. */
function strangers(env: Record<string, string | undefined>): string[] {
  return Object.keys(env)
    .filter((name) => name.startsWith('GATEHOUSE_') && env[name] && !(name in settings))
    .map((name) => `${name}: there is no such setting`)
}

function flagOf(name: string): string {
  return name.slice('GATEHOUSE_'.length).toLowerCase().replaceAll('_', '-')
}

function integer(min: number, max: number) {
  return (value: string) => {
    const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN
    if (number >= min && number <= max) return number
    throw new Error(`'${value}' is not a whole number from ${min} to ${max}`)
  }
}

/** @returns milliseconds */
function seconds(max: number) {
  return (value: string) => {
    const number = /^\d{1,9}(\.\d{1,3})?$/.test(value) ? Number(value) : Number.NaN
    if (number <= max) return number * 1000
    throw new Error(`'${value}' is not a number of seconds from 0 to ${max}`)
  }
}

function oneOf<const T extends readonly string[]>(values: T) {
  return (value: string): T[number] => {
    if (values.includes(value)) return value
    throw new Error(`'${value}' is none of ${values.join(', ')}`)
  }
}

function host(value: string): string {
  if (isIP(value) || /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(value)) return value
  throw new Error(`'${value}' is neither a host's name nor an address (the port has a setting of its own)`)
}

function adminKey(value: string): string {
  if (isAdminKey(value)) return value
  throw new Error("not 'sk-admin-' and then at least 32 characters of A-Z, a-z, 0-9, '_' and '-'")
}

function addresses(value: string): BlockList {
  const list = new BlockList()
  for (const entry of value.split(',').map((part) => part.trim())) {
    const [address = '', bits, ...rest] = entry.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    const prefix = bits === undefined ? null : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN
    const most = family === 'ipv6' ? 128 : 32
    if (!isIP(address) || rest.length > 0 || (prefix !== null && !(prefix <= most))) {
      throw new Error(`'${entry}' is neither an address nor a range like 10.0.0.0/8`)
    }
    if (prefix === null) list.addAddress(address, family)
    else list.addSubnet(address, prefix, family)
  }
  return list
}
