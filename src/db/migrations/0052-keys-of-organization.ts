import { adds } from '../schema-change.ts'

/**
 * What lists of keys over all projects are read by: in the order of their ids, and those of one owner. With these there, the
 * keys of a project are found by indexes that begin with the organization too: SQLite, which counts nothing, would else take
 * all keys of the organization for as few.
 */
export const keysOfOrganization = adds(async (db) => {
  const index = (name: string, table: string, columns: string[]) =>
    db.schema.createIndex(name).on(table).columns(columns).execute()
  await index('project_api_key_all', 'project_api_key', ['organization_id', 'id'])
  await index('project_api_key_of_user', 'project_api_key', ['organization_id', 'user_id', 'id'])
  await index('project_api_key_of_account', 'project_api_key', ['organization_id', 'service_account_id', 'id'])
  await index('project_api_key_access', 'project_api_key', ['organization_id', 'project_id', 'owner_standing', 'id'])
  await index('project_api_key_of_project', 'project_api_key', ['organization_id', 'project_id', 'id'])
  for (const name of ['project_api_key_standing', 'project_api_key_list']) await db.schema.dropIndex(name).execute()
  await index('admin_api_key_of_user', 'admin_api_key', ['organization_id', 'user_id', 'id'])
})
