import type { Client, Pool, PoolClient } from 'pg'
import type { Db } from './tables.ts'

/** A connection that was taken out so short a time before is not given up: it may be the one that showed that all is well. */
const YOUNG_MS = 500

const held = new WeakMap<Db, ReadonlyMap<PoolClient, number>>()

/**
 * Watches which connections are in use. One on which a statement was not answered in time is ended: it would be given to the next, who
 * would wait in vain as well.
 */
export function watchHeld(db: Db, pool: Pool): void {
  const since = new Map<PoolClient, number>()
  pool.on('acquire', (client) => since.set(client, performance.now()))
  pool.on('release', (_error, client) => since.delete(client))
  pool.on('remove', (client) => since.delete(client as PoolClient))
  pool.on('connect', endWhenSilent)
  held.set(db, since)
}

/** Ends the connections that something hangs on: after an outage what is asked on them may never be answered. */
export function giveUpHeld(db: Db): void {
  const before = performance.now() - YOUNG_MS
  for (const [client, since] of held.get(db) ?? []) if (since < before) end(client)
}

function endWhenSilent(client: PoolClient): void {
  const query = client.query as (...args: unknown[]) => unknown
  client.query = ((...args: unknown[]) => {
    const answer = query.apply(client, args)
    if (answer instanceof Promise) {
      answer.catch((error) => {
        if (error instanceof Error && error.message === 'Query read timeout') end(client)
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
