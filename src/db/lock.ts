import { sql } from 'kysely'
import { isPostgres } from './dialect.ts'
import type { Db } from './tables.ts'

const queues = new Map<string, Promise<void>>()

/**
 * Waits until no other change of the organization is under way in this process. Without it a burst of changes would hold
 * every connection to the database, each waiting for the one that works. @returns what ends the turn
 */
export async function takeTurn(organizationId: string): Promise<() => void> {
  const before = queues.get(organizationId)
  const turn = Promise.withResolvers<void>()
  queues.set(organizationId, turn.promise)
  await before
  return () => {
    if (queues.get(organizationId) === turn.promise) queues.delete(organizationId)
    turn.resolve()
  }
}

/**
 * Makes the changes of an organization take turns until the transaction ends. Whoever reads before they write then reads
 * what holds: two deletions, two invites to one address, an update of what is being deleted cannot cross. SQLite's changes
 * take turns anyway; organizations do not wait for one another.
 */
export async function lockOrganization(tx: Db, organizationId: string): Promise<void> {
  if (!isPostgres(tx)) return
  await sql`select pg_advisory_xact_lock(hashtextextended(${organizationId}, 0))`.execute(tx)
}
