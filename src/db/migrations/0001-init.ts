import { type CreateTableBuilder, type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { idType } from '../collation.ts'

type Table = CreateTableBuilder<string, string>

export const init: Migration = {
  async up(db: Kysely<unknown>) {
    const id = idType(db)
    const create = (name: string) => db.schema.createTable(name).addColumn('id', id, (c) => c.primaryKey())
    const owned = (name: string) =>
      create(name).addColumn('organization_id', id, (c) => c.notNull().references('organization.id'))

    await create('organization')
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('default_project_id', id, (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .execute()

    await owned('organization_user')
      .addColumn('email', 'text', (c) => c.notNull())
      .addColumn('email_key', 'text', (c) => c.notNull())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('role', 'text', (c) => c.check(sql`role in ('owner', 'reader')`))
      .addColumn('technical_level', 'text')
      .addColumn('developer_persona', 'text')
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('removed_at', 'bigint')
      .addColumn('api_key_last_used_at', 'bigint')
      .execute()
    await db.schema
      .createIndex('organization_user_list')
      .on('organization_user')
      .columns(['organization_id', 'id'])
      .execute()
    await sql`create unique index organization_user_email on organization_user (organization_id, email_key) where removed_at is null`.execute(
      db,
    )
    await sql`create index organization_user_owner on organization_user (organization_id, id) where role = 'owner' and removed_at is null`.execute(
      db,
    )

    await owned('project')
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('archived_at', 'bigint')
      .execute()
    await db.schema.createIndex('project_list').on('project').columns(['organization_id', 'id']).execute()
    await sql`create index project_active on project (organization_id, id) where archived_at is null`.execute(db)

    await db.schema
      .createTable('project_user')
      .addColumn('organization_id', id, (c) => c.notNull().references('organization.id'))
      .addColumn('project_id', id, (c) => c.notNull().references('project.id'))
      .addColumn('user_id', id, (c) => c.notNull().references('organization_user.id'))
      .addColumn('role', 'text', (c) => c.check(sql`role in ('owner', 'member', 'viewer')`))
      .addColumn('added_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('project_user_key', ['project_id', 'user_id'])
      .execute()
    await db.schema.createIndex('project_user_user').on('project_user').columns(['user_id', 'project_id']).execute()

    await owned('service_account')
      .addColumn('project_id', id, (c) => c.notNull().references('project.id'))
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('role', 'text', (c) => c.notNull().check(sql`role in ('owner', 'member', 'none')`))
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .execute()
    await db.schema.createIndex('service_account_list').on('service_account').columns(['project_id', 'id']).execute()

    const key = <T extends Table>(table: T) =>
      table
        .addColumn('name', 'text', (c) => c.notNull())
        .addColumn('hash', 'text', (c) => c.notNull().unique())
        .addColumn('redacted_value', 'text', (c) => c.notNull())
        .addColumn('scopes', 'text', (c) => c.notNull())
        .addColumn('created_at', 'bigint', (c) => c.notNull())
        .addColumn('expires_at', 'bigint')
        .addColumn('last_used_at', 'bigint')

    await key(owned('admin_api_key'))
      .addColumn('user_id', id, (c) => c.notNull().references('organization_user.id'))
      .execute()
    await db.schema.createIndex('admin_api_key_list').on('admin_api_key').columns(['organization_id', 'id']).execute()

    await key(owned('project_api_key'))
      .addColumn('project_id', id, (c) => c.notNull().references('project.id'))
      .addColumn('user_id', id, (c) => c.references('organization_user.id'))
      .addColumn('service_account_id', id, (c) => c.references('service_account.id'))
      .addCheckConstraint('project_api_key_owner', sql`(user_id is null) <> (service_account_id is null)`)
      .execute()
    await db.schema.createIndex('project_api_key_list').on('project_api_key').columns(['project_id', 'id']).execute()
    await db.schema.createIndex('project_api_key_account').on('project_api_key').column('service_account_id').execute()

    await owned('invite')
      .addColumn('email', 'text', (c) => c.notNull())
      .addColumn('email_key', 'text', (c) => c.notNull())
      .addColumn('role', 'text', (c) => c.notNull().check(sql`role in ('owner', 'reader')`))
      .addColumn('projects', 'text', (c) => c.notNull())
      .addColumn('token_hash', 'text', (c) => c.unique())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('expires_at', 'bigint', (c) => c.notNull())
      .addColumn('accepted_at', 'bigint')
      .execute()
    await db.schema.createIndex('invite_list').on('invite').columns(['organization_id', 'id']).execute()
    await sql`create unique index invite_pending on invite (organization_id, email_key) where accepted_at is null`.execute(
      db,
    )

    await owned('audit_log')
      .addColumn('type', 'text', (c) => c.notNull())
      .addColumn('effective_at', 'bigint', (c) => c.notNull())
      .addColumn('project_id', id)
      .addColumn('actor_id', id)
      .addColumn('actor_key_id', id)
      .addColumn('actor_email_key', 'text')
      .addColumn('actor', 'text')
      .addColumn('resource_id', id, (c) => c.notNull())
      .addColumn('payload', 'text', (c) => c.notNull())
      .addColumn('ip_address', 'text')
      .addColumn('user_agent', 'text')
      .execute()
    const newestFirst = ['effective_at', 'id']
    const auditIndex = (name: string, ...filter: string[]) =>
      db.schema
        .createIndex(name)
        .on('audit_log')
        .columns(['organization_id', ...filter, ...newestFirst])
    await auditIndex('audit_log_list').execute()
    // One for each filter, in the order of the list: what matches is read from its newest on, however little it is.
    await auditIndex('audit_log_type', 'type').execute()
    await auditIndex('audit_log_project', 'project_id').execute()
    await auditIndex('audit_log_actor', 'actor_id').execute()
    await auditIndex('audit_log_actor_key', 'actor_key_id').execute()
    await auditIndex('audit_log_actor_email', 'actor_email_key').execute()
    await auditIndex('audit_log_resource', 'resource_id').execute()

    await db.schema
      .createTable('meta')
      .addColumn('key', 'text', (c) => c.primaryKey())
      .addColumn('value', 'text', (c) => c.notNull())
      .execute()
  },
}
