import type { Socket } from 'node:net'
import type { Client, Pool, PoolClient } from 'pg'
import { isReadOnly, isReadTimeout } from './errors.ts'
import type { Db } from './tables.ts'

/** A connection that was taken out so short a time before is not given up: it may be the one that showed that all is well. */
const YOUNG_MS = 500

/** A pool's connections: since when each that is in use is; null for those that nobody uses. */
const held = new WeakMap<Db, ReadonlyMap<PoolClient, number | null>>()
/** Those that nobody used when they were given up: a network may have forgotten them, and whoever got one would wait in vain. */
const retired = new WeakSet<PoolClient>()

/**
 * Watches which connections are in use. One on which a statement was not answered in time is ended: it would be given to the next, who
 * would wait in vain as well.
 */
export function watchHeld(db: Db, pool: Pool): void {
  const since = new Map<PoolClient, number | null>()
  pool.on('acquire', (client) => since.set(client, performance.now()))
  pool.on('release', (_error, client) => since.has(client) && since.set(client, null))
  pool.on('remove', (client) => since.delete(client as PoolClient))
  pool.on('connect', endWhenSilent)
  held.set(db, since)
}

/**
 * Gives up the connections that there are: after an outage what is asked on them may never be answered. Those that something hangs on are
 * ended, those that nobody uses are given to nobody any more.
 */
export function giveUpHeld(db: Db): void {
  const before = performance.now() - YOUNG_MS
  for (const [client, since] of held.get(db) ?? []) {
    if (since === null) retired.add(client)
    else if (since < before) end(client)
  }
}

/** A connection of the pool that was not given up meanwhile; those that were go. @throws what the pool does */
export async function connectIn(pool: Pool): Promise<PoolClient> {
  for (;;) {
    const client = await pool.connect()
    if (!retired.has(client)) return client
    client.release(true)
    // Who has forgotten it answers no goodbye.
    ;(client as unknown as { connection: { stream: Socket } }).connection.stream.destroy()
  }
}

function endWhenSilent(client: PoolClient): void {
  const query = client.query as (...args: unknown[]) => unknown
  client.query = ((...args: unknown[]) => {
    const answer = query.apply(client, args)
    if (answer instanceof Promise) {
      answer.catch((error) => {
        // What takes no changes may have become a standby, which is seen when another is made in its place.
        if (isReadTimeout(error) || isReadOnly(error)) end(client)
      })
    }
    return answer
  }) as typeof client.query
}

/** At once where something runs on it. A pooled connection has the method of any other; its type leaves it out. */
function end(client: PoolClient): void {
  const whole = client as unknown as Client
  whole.end().catch(() => {})
}
