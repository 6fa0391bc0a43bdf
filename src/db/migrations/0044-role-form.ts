import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'
import { idType } from '../collation.ts'

/** The form of a predefined role's id that an assignment was made with: clients compare what they sent with what they read. */
export const roleForm: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('role_assignment').addColumn('shown_role_id', idType(db)).execute()
  },
}
