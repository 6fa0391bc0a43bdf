import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { DatabaseSettings } from '../core/database-settings.ts'
import type { Changed, ChangeScope } from './changed.ts'
import { isDistributed, isPostgres } from './dialect.ts'
import { reaching } from './postgres-connection.ts'
import type { Db } from './tables.ts'

const CHANNEL = 'gatehouse_changed'
const RECONNECT_MS = 500

/**
 * Tells every node of a change, when and only when the transaction commits. SQLite has one serving process, which tells
 * itself; what the command line changes beside it is found by the age of what is cached.
 */
export async function announceChange(db: Db, { organizationId, projectId }: ChangeScope): Promise<void> {
  if (!isPostgres(db) || isDistributed(db)) return
  await sql`select pg_notify(${CHANNEL}, ${JSON.stringify({ organizationId, projectId })})`.execute(db)
}

/**
 * Hears of changes that other nodes commit. While the connection is lost it hears nothing, so after every (re)connection it
 * publishes `null`: anything may have changed. A pooler may share connections, so it is gone around.
 */
export async function listenForChanges(
  url: string,
  { directUrl, distributed }: DatabaseSettings,
  changed: Pick<Changed, 'publish'>,
): Promise<AsyncDisposable> {
  const stop = new AbortController()
  const silent = url.startsWith('sqlite:') || distributed
  const listening = silent ? Promise.resolve() : listenUntil(stop.signal, directUrl ?? url, changed)
  return {
    [Symbol.asyncDispose]: () => {
      stop.abort()
      return listening
    },
  }
}

async function listenUntil(signal: AbortSignal, url: string, changed: Pick<Changed, 'publish'>): Promise<void> {
  while (!signal.aborted) {
    await listenOnce(signal, url, changed).catch(() => {})
    await sleep(RECONNECT_MS, null, { signal }).catch(() => {})
  }
}

/** Returns or throws when the connection is over. */
async function listenOnce(signal: AbortSignal, url: string, changed: Pick<Changed, 'publish'>): Promise<void> {
  const { default: pg } = await import('pg')
  const about = { connectionTimeoutMillis: 3000, application_name: 'gatehouse changes' }
  const client = new pg.Client({ ...reaching(url), ...about })
  const over = new Promise<void>((resolve) => client.once('end', resolve).on('error', () => resolve()))
  const end = () => void client.end().catch(() => {})
  signal.addEventListener('abort', end, { once: true })
  // A client that is ended while it connects never says what became of that.
  const aborted = new Promise<void>((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
  )
  aborted.catch(() => {})
  try {
    client.on('notification', ({ payload }) => changed.publish(payload ? JSON.parse(payload) : null))
    await Promise.race([client.connect(), aborted])
    await client.query(`listen ${CHANNEL}`)
    changed.publish(null)
    await over
  } finally {
    signal.removeEventListener('abort', end)
    end()
  }
}
