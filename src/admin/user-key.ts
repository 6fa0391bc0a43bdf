import { isId, type NewId } from '../core/id.ts'
import { projectAccess } from '../db/access.ts'
import type { Db, Row } from '../db/tables.ts'
import type { Change } from './handlers.ts'
import { makeRoom } from './key-room.ts'
import { noteStandingOf } from './key-standing.ts'
import { type KeyInput, newKey } from './keys.ts'

/**
 * Makes a user's own key for a project. What it opens is what its owner may do there whenever it is used, within its scopes.
 * @returns the key's id and its secret, which is kept nowhere, and the event of a key that went for it; null where the user is not in the
 * project, so that it would open nothing
 * @throws ApiError where they have as many as they may
 */
export async function insertUserKey(
  db: Db,
  { project, userId }: { project: Row<'project'>; userId: string },
  input: KeyInput,
  now: number,
  newId: NewId,
): Promise<{ id: string; value: string; also: NonNullable<Change<unknown>['also']> } | null> {
  const { organization_id, id: project_id } = project
  // Service accounts have keys too, which are made elsewhere.
  if (isId('serviceAccount', userId)) return null
  if ((await projectAccess(db, { organizationId: organization_id, id: userId }, project_id)) === null) return null
  const gone = await makeRoom(db, project, userId, now)
  const { value, columns } = newKey('user', input, now, newId)
  const whose = { organization_id, project_id, user_id: userId, service_account_id: null }
  await db
    .insertInto('project_api_key')
    .values({ ...columns, ...whose, owner_standing: 'none' })
    .execute()
  await noteStandingOf(db, organization_id, columns.id)
  return { id: columns.id, value, also: gone === null ? [] : [{ type: 'api_key.deleted', payload: { id: gone } }] }
}
