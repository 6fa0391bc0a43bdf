import { readFileSync } from 'node:fs'
import { BlockList, isIP, isIPv6 } from 'node:net'
import { type ConfigFile, readConfigFile } from './config-file.ts'
import type { Catalogue } from './core/catalogue.ts'
import { isAdminKey } from './core/key.ts'

/** The doors that `serve --only` can choose from. */
export const doors = ['admin', 'gateway', 'docs'] as const
export type Door = (typeof doors)[number]
const laterDoors = ['check', 'console']

export type Config = Readonly<{
  host: string
  port: number
  databaseUrl: string
  adminKey: string | null
  upstreamUrl: string | null
  upstreamKey: string | null
  trustedProxies: BlockList | null
  /** Without a slash at its end; null: the listener's own address. */
  publicUrl: string | null
  logLevel: LogLevel
  /** What GATEHOUSE_CONFIG says beyond the upstream. */
  models: Catalogue
  /** Milliseconds until an upstream's reply must begin; null: the gateway's own. */
  upstreamTimeoutMs: number | null
  doors: readonly Door[]
}>

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

/** One setting: its default, and how its text becomes a value (by throwing where it cannot). */
type Setting<T> = { preset: string | null; parse: (text: string) => T }

const text = (value: string) => value
const setting = <T>(preset: string | null, parse: (text: string) => T): Setting<T> => ({ preset, parse })

/** Every setting of this version. `GATEHOUSE_DATABASE_URL` is also `--database-url`. */
const settings = {
  GATEHOUSE_HOST: setting('127.0.0.1', host),
  GATEHOUSE_PORT: setting('8080', integer(0, 65_535)),
  GATEHOUSE_DATABASE_URL: setting('sqlite:data/gatehouse.db', databaseUrl),
  GATEHOUSE_ADMIN_KEY: setting(null, adminKey),
  GATEHOUSE_UPSTREAM_URL: setting(null, httpUrl),
  GATEHOUSE_UPSTREAM_KEY: setting(null, headerText),
  GATEHOUSE_TRUSTED_PROXIES: setting(null, addresses),
  GATEHOUSE_PUBLIC_URL: setting(null, httpUrl),
  GATEHOUSE_CONFIG: setting(null, text),
  GATEHOUSE_LOG_LEVEL: setting('info', oneOf(logLevels)),
}
type Name = keyof typeof settings

/** Settings of the design that this version cannot honour. Taking one silently would promise what is not done. */
const later = [
  'GATEHOUSE_REDIS_URL',
  'GATEHOUSE_TLS_CERT',
  'GATEHOUSE_TLS_KEY',
  'GATEHOUSE_ADMIN_MTLS',
  'GATEHOUSE_SMTP_URL',
]

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
 * @param env the environment; an empty value is an absent one
 * @param flags `--port 8080` as `{ port: '8080' }`; `only` chooses doors
 * @throws ConfigError naming every mistake
 */
export function readConfig(env: Record<string, string | undefined>, flags: Record<string, unknown> = {}): Config {
  const mistakes = strangers(env)
  const read = <N extends Name>(name: N): ReturnType<(typeof settings)[N]['parse']> | null => {
    const given = flags[flagOf(name)]
    // An empty value is an absent one: `--host "$UNSET"` must not listen on every address.
    const flag = typeof given === 'string' ? given : ''
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
  const url = read('GATEHOUSE_UPSTREAM_URL')
  if (url !== null && file.upstream)
    mistakes.push('GATEHOUSE_UPSTREAM_URL: the configuration file names an upstream already')
  const config = {
    host: read('GATEHOUSE_HOST') ?? '',
    port: read('GATEHOUSE_PORT') ?? 0,
    databaseUrl: read('GATEHOUSE_DATABASE_URL') ?? '',
    adminKey: read('GATEHOUSE_ADMIN_KEY'),
    upstreamUrl: url ?? file.upstream?.url.replace(/\/+$/, '') ?? null,
    upstreamKey: read('GATEHOUSE_UPSTREAM_KEY') ?? file.upstream?.key ?? null,
    upstreamTimeoutMs: file.upstream?.timeoutMs ?? null,
    models: file.models,
    trustedProxies: read('GATEHOUSE_TRUSTED_PROXIES'),
    publicUrl: read('GATEHOUSE_PUBLIC_URL'),
    logLevel: read('GATEHOUSE_LOG_LEVEL') ?? 'info',
    doors: chosenDoors(flags.only, mistakes),
  }
  const urlGiven = flags['upstream-url'] || env.GATEHOUSE_UPSTREAM_URL || file.upstream
  if (config.upstreamKey !== null && !urlGiven) {
    mistakes.push('GATEHOUSE_UPSTREAM_KEY: there is no GATEHOUSE_UPSTREAM_URL that it could be for')
  }
  if (mistakes.length > 0) throw new ConfigError(mistakes)
  return Object.freeze(config)
}

function configFile(path: string | null, env: Record<string, string | undefined>, mistakes: string[]): ConfigFile {
  return path === null ? { upstream: null, models: new Map() } : readConfigFile(path, env, mistakes)
}

export const version: string = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version

/** Names that look like settings and are none: most often a typo, which would otherwise be a setting that does nothing. */
function strangers(env: Record<string, string | undefined>): string[] {
  return Object.keys(env)
    .filter((name) => name.startsWith('GATEHOUSE_') && env[name] && !(name in settings))
    .filter((name) => !(name === 'GATEHOUSE_ADMIN_MTLS' && env[name] === 'off'))
    .map((name) => `${name}: ${later.includes(name) ? 'this version cannot do that yet' : 'there is no such setting'}`)
}

function chosenDoors(only: unknown, mistakes: string[]): readonly Door[] {
  if (typeof only !== 'string') return doors
  const wanted = only.split(',').map((name) => name.trim())
  for (const name of wanted) {
    if ((doors as readonly string[]).includes(name)) continue
    const why = laterDoors.includes(name) ? 'this version has no such door yet' : 'there is no such door'
    mistakes.push(`--only: '${name}': ${why}; there are ${doors.join(', ')}`)
  }
  return doors.filter((door) => wanted.includes(door))
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

/** A secret, so what is wrong with it is said without it. */
function headerText(value: string): string {
  if (/^[\x21-\x7e]+$/.test(value)) return value
  throw new Error('holds characters that no header can carry')
}

function databaseUrl(value: string): string {
  if (/^sqlite:./.test(value) || (/^postgres(ql)?:\/\//.test(value) && URL.canParse(value))) return value
  throw new Error("not of the form 'sqlite:path', 'sqlite::memory:' or 'postgres://user:password@host/database'")
}

function httpUrl(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : null
  if (url?.username || url?.password || /\/\/[^/]*@/.test(value))
    throw new Error('a URL must not carry a password: it would be shown')
  if (url === null || !/^https?:$/.test(url.protocol)) throw new Error('not an http(s) URL')
  if (url.search || url.hash) throw new Error('a URL with a query or a fragment cannot be a base URL')
  return value.replace(/\/+$/, '')
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
