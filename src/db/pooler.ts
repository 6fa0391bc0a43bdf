import { sql } from 'kysely'
import { DATABASE_PRESETS } from '../core/database-settings.ts'
import { type OpenOptions, openDb } from './open.ts'
import type { Db, OpenedDb } from './tables.ts'

/**
 * Opens a database and asks it its first question. Where a pooler stands in front of a PostgreSQL, sessions are shared: it refuses
 * settings of a session, or takes no notice of them. Then each transaction brings them instead.
 * @throws what the driver does
 */
export async function openReached(url: string, options: OpenOptions): Promise<{ db: OpenedDb; pooled: boolean }> {
  const { directUrl, statementMs, distributed } = options.database ?? DATABASE_PRESETS
  const db = await openDb(url, { ...options, pooled: directUrl !== null })
  try {
    if (directUrl !== null || distributed) await sql`select 1`.execute(db)
    else if (!(await keepsSettings(db, statementMs))) {
      await db.destroy()
      return { db: await openDb(url, { ...options, pooled: true }), pooled: true }
    }
    return { db, pooled: directUrl !== null }
  } catch (error) {
    await db.destroy()
    throw error
  }
}

type Kept = { ms: number | string }

/** Whether a new session has the settings that it was begun with. */
async function keepsSettings(db: Db, statementMs: number): Promise<boolean> {
  try {
    // Not of the view of all settings, which takes PostgreSQL ten times as long to make. It says '10s' of 10,000 milliseconds.
    const asked = sql<Kept>`select extract(epoch from current_setting('statement_timeout')::interval) * 1000 as ms`
    const [kept] = (await asked.execute(db)).rows
    return Number(kept?.ms) === statementMs
  } catch (error) {
    if (error instanceof Error && /unsupported startup parameter/.test(error.message)) return false
    throw error
  }
}
