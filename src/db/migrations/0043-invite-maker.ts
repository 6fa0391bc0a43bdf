import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'
import { idType } from '../collation.ts'

/** Who made an invite: it is good for as long as they could make it. */
export const inviteMaker: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('invite').addColumn('created_by', idType(db)).execute()
  },
}
