import { idSource } from '../../src/core/id.ts'
import { newUser, type Organization } from '../contract/organizations.ts'
import { FULL_PROJECT } from '../support/filling.ts'
import type { TestApp } from '../support/harness.ts'

/** Somebody with as many keys in a project as one can have, of which some have expired, is given one more. */
export async function walkKeys(app: TestApp, own: Organization) {
  const { id } = await newUser(app, own)
  await own.admin.projects.users.create(FULL_PROJECT, { user_id: id, role: 'member' })
  const whose = { organization_id: own.id, project_id: FULL_PROJECT, user_id: id, owner_standing: 'own' as const }
  const key = { name: 'k', redacted_value: 'sk-', scopes: '[]', created_at: 1, expires_at: 2 }
  const newId = idSource(Date.now)
  const expired = Array.from({ length: 100 }, (_, i) => ({ ...whose, ...key, id: newId('key'), hash: `${id}${i}` }))
  await app.db.insertInto('project_api_key').values(expired).execute()
  const path = `/v1/organization/projects/${FULL_PROJECT}/api_keys`
  await app.send('POST', path, { key: own.key, body: { name: 'one more', user_id: id } })
}
