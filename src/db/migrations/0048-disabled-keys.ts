import { idType } from '../collation.ts'
import { adds } from '../schema-change.ts'

/**
 * Keys that open nothing for as long as somebody says so, and who said it. A server of the version before does not know of it:
 * what is disabled opens until that is replaced.
 */
export const disabledKeys = adds(async (db) => {
  const id = idType(db)
  for (const table of ['admin_api_key', 'project_api_key']) {
    await db.schema.alterTable(table).addColumn('disabled_at', 'bigint').execute()
    await db.schema.alterTable(table).addColumn('disabled_by', id).execute()
  }
})
