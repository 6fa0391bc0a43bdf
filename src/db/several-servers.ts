import { isPostgres } from './dialect.ts'
import type { Db } from './tables.ts'

/** Whether several servers can work on this database, so that what is read of it may be about to be written by another. */
export const hasSeveralServers = (db: Db): boolean => isPostgres(db)
