import { idType } from '../collation.ts'
import { adds } from '../schema-change.ts'

/**
 * What somebody shows besides their password, what is about to become that, and the codes for who has lost it; which sessions began with one,
 * and which organizations ask for it. A server of the version before does not know of it: it asks for passwords alone until it is replaced.
 */
export const secondFactors = adds(async (db) => {
  const id = idType(db)
  await db.schema
    .createTable('second_factor')
    .addColumn('organization_id', id, (c) => c.notNull().references('organization.id'))
    .addColumn('user_id', id, (c) => c.primaryKey().references('organization_user.id'))
    .addColumn('secret', 'text', (c) => c.notNull())
    .addColumn('set_at', 'bigint', (c) => c.notNull())
    .addColumn('last_step', 'bigint', (c) => c.notNull())
    .execute()
  await db.schema
    .createTable('second_factor_setup')
    .addColumn('organization_id', id, (c) => c.notNull().references('organization.id'))
    .addColumn('user_id', id, (c) => c.primaryKey().references('organization_user.id'))
    .addColumn('secret', 'text', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .execute()
  await db.schema
    .createTable('recovery_code')
    .addColumn('organization_id', id, (c) => c.notNull().references('organization.id'))
    .addColumn('user_id', id, (c) => c.notNull().references('organization_user.id'))
    .addColumn('hash', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('recovery_code_key', ['user_id', 'hash'])
    .execute()
  await db.schema.alterTable('session').addColumn('second_factor', 'text').execute()
  await db.schema.alterTable('organization').addColumn('second_factor_required_at', 'bigint').execute()
})
