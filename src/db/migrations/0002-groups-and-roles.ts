import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { idType } from '../collation.ts'

export const groupsAndRoles: Migration = {
  async up(db: Kysely<unknown>) {
    const id = idType(db)
    const table = (name: string) =>
      db.schema.createTable(name).addColumn('organization_id', id, (c) => c.notNull().references('organization.id'))

    await table('role')
      .addColumn('id', id, (c) => c.primaryKey())
      .addColumn('project_id', id, (c) => c.references('project.id'))
      .addColumn('resource_id', id, (c) => c.notNull())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('description', 'text')
      .addColumn('permissions', 'text', (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('updated_at', 'bigint', (c) => c.notNull())
      .addColumn('created_by', id)
      .execute()
    await db.schema.createIndex('role_list').on('role').columns(['resource_id', 'id']).execute()
    await db.schema.createIndex('role_name').on('role').columns(['resource_id', 'name']).unique().execute()

    await table('role_assignment')
      .addColumn('resource_id', id, (c) => c.notNull())
      .addColumn('principal_type', 'text', (c) =>
        c.notNull().check(sql`principal_type in ('user', 'service_account', 'group')`),
      )
      .addColumn('principal_id', id, (c) => c.notNull())
      .addColumn('role_id', id, (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('role_assignment_key', ['resource_id', 'principal_id', 'role_id'])
      .execute()
    await db.schema.createIndex('role_assignment_role').on('role_assignment').column('role_id').execute()
    await db.schema.createIndex('role_assignment_principal').on('role_assignment').column('principal_id').execute()

    await table('user_group')
      .addColumn('id', id, (c) => c.primaryKey())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('scim_managed_at', 'bigint')
      .execute()
    await db.schema.createIndex('user_group_list').on('user_group').columns(['organization_id', 'id']).execute()

    await table('group_user')
      .addColumn('group_id', id, (c) => c.notNull().references('user_group.id'))
      .addColumn('user_id', id, (c) => c.notNull())
      .addColumn('added_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('group_user_key', ['group_id', 'user_id'])
      .execute()
    await db.schema.createIndex('group_user_user').on('group_user').columns(['user_id', 'group_id']).execute()

    await table('project_group')
      .addColumn('project_id', id, (c) => c.notNull().references('project.id'))
      .addColumn('group_id', id, (c) => c.notNull().references('user_group.id'))
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('project_group_key', ['project_id', 'group_id'])
      .execute()
    await db.schema.createIndex('project_group_group').on('project_group').column('group_id').execute()

    await backfill(db)
  },
}

/** Roles that stand in the older columns so far become assignments. */
async function backfill(db: Kysely<unknown>) {
  await sql`insert into role_assignment (organization_id, resource_id, principal_type, principal_id, role_id, created_at)
    select organization_id, organization_id, 'user', id, 'role-api-organization-' || role, created_at
    from organization_user where role is not null and removed_at is null`.execute(db)
  await sql`insert into role_assignment (organization_id, resource_id, principal_type, principal_id, role_id, created_at)
    select organization_id, project_id, 'user', user_id, 'role-api-project-' || role, added_at
    from project_user where role is not null`.execute(db)
  await sql`insert into role_assignment (organization_id, resource_id, principal_type, principal_id, role_id, created_at)
    select organization_id, project_id, 'service_account', id, 'role-api-project-' || role, created_at
    from service_account where role <> 'none'`.execute(db)
}
