import { Migrator } from 'kysely/migration'
import { migrations } from './migrations/index.ts'
import type { Db } from './tables.ts'

/** The database knows migrations that this program does not. */
export class LaterSchema extends Error {
  constructor() {
    super('this database was used by a later version of Gatehouse. Run that version, or restore a backup from before')
  }
}

/**
 * Brings the database to this version's schema. Safe to run from several nodes at once.
 * @throws LaterSchema
 * @returns the names of the migrations it applied, in order
 */
export async function migrate(db: Db): Promise<string[]> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
  const { error, results = [] } = await migrator.migrateToLatest()
  if (error instanceof Error && /previously executed migration .* is missing/.test(error.message))
    throw new LaterSchema()
  if (error) throw error
  return results.map((result) => result.migrationName)
}
