import { openDb } from '../../src/db/open.ts'
import type { OpenedDb } from '../../src/db/tables.ts'

/**
 * The database for a test that holds a lock while something waits for it. A transaction of it may lie idle for as long as the test takes, as a
 * migration's may: any other the database would end.
 */
export const openHolder = (url: string, connections = 1): Promise<OpenedDb> =>
  openDb(url, { connections, migrating: true })
