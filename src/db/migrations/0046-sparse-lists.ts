import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/**
 * What lists with a filter that matches little are read by, so that they read what they show and no more: the users who were not
 * removed, and the keys of a project by how their owners stand in it.
 */
export const sparseLists: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`create index organization_user_present on organization_user (organization_id, id) where removed_at is null`.execute(
      db,
    )
    // SQLite takes the index that is equal in most columns: by the role too, owners are not looked for among all users.
    await db.schema.dropIndex('organization_user_owner').execute()
    await sql`create index organization_user_owner on organization_user (organization_id, role, id) where role = 'owner' and removed_at is null`.execute(
      db,
    )
    await db.schema
      .alterTable('project_api_key')
      .addColumn('owner_standing', 'text', (c) =>
        c.notNull().defaultTo('none').check(sql`owner_standing in ('own', 'groups', 'none')`),
      )
      .execute()
    await backfill(db)
    await db.schema
      .createIndex('project_api_key_standing')
      .on('project_api_key')
      .columns(['project_id', 'owner_standing', 'id'])
      .execute()
    await sql`create index project_api_key_user on project_api_key (user_id) where user_id is not null`.execute(db)
  },
}

/** As the program notes it from now on. */
async function backfill(db: Kysely<unknown>) {
  await sql`update project_api_key as k set owner_standing = case
    when exists (select 1 from service_account s where s.organization_id = k.organization_id
      and s.id = k.service_account_id and s.role <> 'none') then 'own'
    when exists (select 1 from organization_user u where u.organization_id = k.organization_id
      and u.id = k.user_id and u.role = 'owner' and u.removed_at is null) then 'own'
    when exists (select 1 from project_user m where m.organization_id = k.organization_id
      and m.project_id = k.project_id and m.user_id = k.user_id) then 'own'
    when exists (select 1 from group_user g where g.organization_id = k.organization_id
      and g.user_id = coalesce(k.user_id, k.service_account_id)) then 'groups'
    else 'none' end`.execute(db)
}
