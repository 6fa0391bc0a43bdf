import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { DatabaseSettings } from '../core/database-settings.ts'
import type { Dependency } from '../core/dependency.ts'
import { type Changed, type ChangeScope, scopeIn } from './changed.ts'
import { isDistributed, isPostgres } from './dialect.ts'
import { inTime } from './in-time.ts'
import { reaching } from './postgres-connection.ts'
import type { Db } from './tables.ts'

const CHANNEL = 'gatehouse_changed'
const RECONNECT_MS = 500
/** How often it is asked on the channel whether it is there still, and how long the answer may take: a network may forget it in silence. */
const BEAT_MS = 1500
const ANSWER_MS = 1500

/** The server's way to hear of changes, and whom it tells. */
type Channel = {
  url: string
  settings: DatabaseSettings
  changed: Pick<Changed, 'publish'>
  dependency: Dependency
}

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
 * publishes `null`: anything may have changed. That it is lost is known within three seconds, however it was lost. A pooler may share
 * connections, so it is gone around.
 */
export async function listenForChanges(channel: Channel): Promise<AsyncDisposable> {
  const stop = new AbortController()
  const { directUrl, distributed } = channel.settings
  const silent = channel.url.startsWith('sqlite:') || distributed
  const listening = silent ? Promise.resolve() : listenUntil(stop.signal, { ...channel, url: directUrl ?? channel.url })
  return {
    [Symbol.asyncDispose]: () => {
      stop.abort()
      return listening
    },
  }
}

async function listenUntil(signal: AbortSignal, channel: Channel): Promise<void> {
  while (!signal.aborted) {
    const lost = await listenOnce(signal, channel).catch((error) => error)
    if (!signal.aborted) channel.dependency.is(false, lost)
    await sleep(RECONNECT_MS, null, { signal }).catch(() => {})
  }
}

/** Throws, or returns, when the connection is over. */
async function listenOnce(signal: AbortSignal, { url, changed, dependency }: Channel): Promise<void> {
  const { default: pg } = await import('pg')
  const about = { connectionTimeoutMillis: 3000, application_name: 'gatehouse changes' }
  const client = new pg.Client({ ...reaching(url), ...about })
  const over = Promise.withResolvers<void>()
  client.once('end', over.resolve).on('error', over.reject)
  // A client that is ended while it connects never says what became of that.
  const end = () => {
    over.resolve()
    void client.end().catch(() => {})
  }
  signal.addEventListener('abort', end, { once: true })
  over.promise.catch(() => {})
  let beat: NodeJS.Timeout | undefined
  try {
    client.on('notification', ({ payload }) => changed.publish(heard(payload)))
    await Promise.race([client.connect(), over.promise])
    await inTime(ANSWER_MS, client.query(`listen ${CHANNEL}`))
    changed.publish(null)
    dependency.is(true)
    beat = setInterval(() => inTime(ANSWER_MS, client.query('select 1')).catch(over.reject), BEAT_MS)
    await over.promise
  } finally {
    clearInterval(beat)
    signal.removeEventListener('abort', end)
    end()
  }
}

/** Anybody who reaches the database may say anything on its channels. */
function heard(payload: string | undefined): ChangeScope | null {
  try {
    return scopeIn(JSON.parse(payload ?? ''))
  } catch {
    return null
  }
}
