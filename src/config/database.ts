import { readFileSync } from 'node:fs'
import { DATABASE_PRESETS, type DatabaseSettings } from '../core/database-settings.ts'
import { type PostgresTls, readPostgresUrl } from '../core/postgres-url.ts'

/** What the configuration file may say of PostgreSQL. */
export type WrittenDatabase = {
  connections?: number
  connect_timeout_ms?: number
  statement_timeout_ms?: number
  lock_timeout_ms?: number
  distributed?: boolean
}

const milliseconds = { type: 'integer', minimum: 100, maximum: 3_600_000 }
/** Its schema, by field. */
export const databaseFields = {
  // One for a report that is read as fast as its client does, and one for all others.
  connections: { type: 'integer', minimum: 2, maximum: 1000 },
  connect_timeout_ms: milliseconds,
  statement_timeout_ms: milliseconds,
  lock_timeout_ms: milliseconds,
  distributed: { type: 'boolean' },
}

/** What stays of it where the file is silent. @param url the database; what is said of PostgreSQL alone is a mistake for SQLite */
export function databaseSettings(
  url: string | null,
  directUrl: string | null,
  written: WrittenDatabase | null,
  mistakes: string[],
): DatabaseSettings {
  if (url !== null && !isPostgresUrl(url)) {
    const why = 'GATEHOUSE_DATABASE_URL names a SQLite file, which has no such thing'
    if (directUrl !== null) mistakes.push(`GATEHOUSE_DATABASE_DIRECT_URL: ${why}`)
    if (written !== null) mistakes.push(`GATEHOUSE_CONFIG: database: ${why}`)
  }
  const preset = DATABASE_PRESETS
  return {
    directUrl,
    connections: written?.connections ?? preset.connections,
    connectMs: written?.connect_timeout_ms ?? preset.connectMs,
    statementMs: written?.statement_timeout_ms ?? preset.statementMs,
    lockMs: written?.lock_timeout_ms ?? preset.lockMs,
    distributed: written?.distributed ?? preset.distributed,
  }
}

/** A SQLite file or a PostgreSQL. @throws an Error in words, without what the URL holds */
export function databaseUrl(value: string): string {
  if (/^sqlite:./.test(value)) return value
  if (isPostgresUrl(value)) return postgresUrl(value)
  throw new Error("not of the form 'sqlite:path', 'sqlite::memory:' or 'postgres://user:password@host/database'")
}

/** A PostgreSQL. @throws an Error in words, without what the URL holds */
export function postgresUrl(value: string): string {
  if (!isPostgresUrl(value)) throw new Error("not of the form 'postgres://user:password@host/database'")
  const { tls } = readPostgresUrl(value)
  if (tls) tryFiles(tls)
  return value
}

export const isPostgresUrl = (value: string) => /^postgres(ql)?:\/\//.test(value) && URL.canParse(value)

/** The driver would find out with the first connection. */
function tryFiles({ authority, certificate, key }: PostgresTls): void {
  const read = (name: string, path: string | null) => {
    try {
      return path === null ? undefined : readFileSync(path, 'utf8')
    } catch (error) {
      throw new Error(`the file in ${name} cannot be read (${(error as NodeJS.ErrnoException).code})`)
    }
  }
  const ca = read('sslrootcert', authority)
  const [cert, own] = [read('sslcert', certificate), read('sslkey', key)]
  try {
    // Loaded only where TLS is spoken.
    process.getBuiltinModule('node:tls').createSecureContext({ ca, cert, key: own })
  } catch (error) {
    throw new Error(`TLS cannot be spoken with the files that it names (${(error as Error).message})`)
  }
}
