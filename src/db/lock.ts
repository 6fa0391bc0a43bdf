import { sql } from 'kysely'
import { isDistributed, isPostgres } from './dialect.ts'
import type { Db } from './tables.ts'

/** By database and organization: who is last in line. */
const lines = new WeakMap<Db, Map<string, Promise<void>>>()

/**
 * Waits until no other change of the organization is under way on this database's connections. Without it a burst of changes would hold
 * every connection to the database, each waiting for the one that works. @returns what ends the turn
 */
export async function takeTurn(db: Db, organizationId: string): Promise<() => void> {
  const queues = lines.get(db) ?? new Map<string, Promise<void>>()
  lines.set(db, queues)
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
  if (isDistributed(tx)) {
    await tx.selectFrom('organization').select('id').where('id', '=', organizationId).forUpdate().execute()
    return
  }
  await sql`select pg_advisory_xact_lock(hashtextextended(${organizationId}, 0))`.execute(tx)
}
