import { ApiError } from '../contract/error.ts'
import type { Db, Row } from '../db/tables.ts'

/** Keys of their own that a user has in a project at most. Whoever makes more in a loop would fill the table. */
const MOST_KEYS = 100

/**
 * Makes room for one more key of a user in a project: where they have as many as they may, the oldest of those that have expired goes for it. Called on the
 * transaction that makes the key, in the organization's turn, so that of many at once none is one too many.
 * @param now Unix seconds
 * @returns the id of the key that went; null where there was room
 * @throws ApiError where none has expired
 */
export async function makeRoom(db: Db, project: Row<'project'>, userId: string, now: number): Promise<string | null> {
  const { organization_id, id: project_id } = project
  const keys = await db
    .selectFrom('project_api_key')
    .select(['id', 'expires_at'])
    .where('organization_id', '=', organization_id)
    .where('project_id', '=', project_id)
    .where('user_id', '=', userId)
    .orderBy('id')
    .limit(MOST_KEYS)
    .execute()
  if (keys.length < MOST_KEYS) return null
  const expired = keys.find(({ expires_at }) => expires_at !== null && expires_at <= now)
  if (!expired) throw tooMany(userId, project_id)
  await db
    .deleteFrom('project_api_key')
    .where('organization_id', '=', organization_id)
    .where('id', '=', expired.id)
    .execute()
  return expired.id
}

function tooMany(userId: string, projectId: string): ApiError {
  const message = `User '${userId}' has ${MOST_KEYS} keys in project '${projectId}', which is the maximum. Delete one that is not needed any more; disabled ones count.`
  return new ApiError('too_many_api_keys', message)
}
