import type { Organization } from '../contract/organizations.ts'
import { ADMIN_KEY, type TestApp } from '../support/harness.ts'

/** The organization that the server made, which a filling fills. */
export async function firstOrganization(app: TestApp): Promise<Organization> {
  const row = await app.db
    .selectFrom('organization')
    .selectAll()
    .where('name', '=', 'My organization')
    .executeTakeFirstOrThrow()
  const owner = await app.db
    .selectFrom('organization_user')
    .selectAll()
    .where('email', '=', 'owner@localhost')
    .executeTakeFirstOrThrow()
  const key = await app.db
    .selectFrom('admin_api_key')
    .select('id')
    .where('user_id', '=', owner.id)
    .executeTakeFirstOrThrow()
  const names = { id: row.id, defaultProjectId: row.default_project_id, ownerId: owner.id, ownerEmail: owner.email }
  return { ...names, keyId: key.id, key: ADMIN_KEY, admin: app.admin().organization }
}
