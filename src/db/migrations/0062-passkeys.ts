import { idType } from '../collation.ts'
import { adds } from '../schema-change.ts'

/**
 * What somebody shows besides their password in the place of a code, and what they were asked with. A server of the version before does not
 * know of it: of who has nothing else it asks for the password alone until it is replaced.
 */
export const passkeys = adds(async (db) => {
  const id = idType(db)
  await db.schema
    .createTable('passkey')
    .addColumn('id', id, (c) => c.primaryKey())
    .addColumn('organization_id', id, (c) => c.notNull().references('organization.id'))
    .addColumn('user_id', id, (c) => c.notNull().references('organization_user.id'))
    .addColumn('rp_id', 'text', (c) => c.notNull())
    .addColumn('credential_id', 'text', (c) => c.notNull())
    .addColumn('public_key', 'text', (c) => c.notNull())
    .addColumn('counter', 'bigint', (c) => c.notNull())
    .addColumn('transports', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('last_used_at', 'bigint')
    .addUniqueConstraint('passkey_credential', ['user_id', 'credential_id'])
    .execute()
  await db.schema
    .createTable('passkey_challenge')
    .addColumn('organization_id', id, (c) => c.notNull().references('organization.id'))
    .addColumn('user_id', id, (c) => c.notNull().references('organization_user.id'))
    .addColumn('hash', 'text', (c) => c.notNull())
    .addColumn('purpose', 'text', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('passkey_challenge_key', ['user_id', 'hash'])
    .execute()
})
