import type { Migration } from 'kysely/migration'
import { init } from './0001-init.ts'

/** Forward only, in the order of their names. A released one is never edited. */
export const migrations: Record<string, Migration> = { '0001-init': init }
