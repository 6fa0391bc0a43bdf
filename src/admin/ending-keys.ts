import type { Db } from '../db/tables.ts'

/** Seconds in which a key ends soon. */
export const SOON = 14 * 86_400

/** Of each kind of key the first to end within two weeks: `most` and one more, where there are as many. @param now Unix seconds */
export async function endingKeys(db: Db, organizationId: string, now: number, most: number) {
  const admin = await db
    .selectFrom('admin_api_key')
    .select(['id', 'name', 'expires_at'])
    .where('organization_id', '=', organizationId)
    .where('expires_at', '>', now)
    .where('expires_at', '<=', now + SOON)
    .where('disabled_at', 'is', null)
    .orderBy('expires_at')
    .limit(most + 1)
    .execute()
  const project = await db
    .selectFrom('project_api_key as k')
    // Never without a row: an inner join SQLite would begin with the projects.
    .leftJoin('project as p', (join) =>
      join.onRef('p.organization_id', '=', 'k.organization_id').onRef('p.id', '=', 'k.project_id'),
    )
    .select(['k.id', 'k.name', 'k.expires_at', 'k.project_id', 'p.name as project_name'])
    .where('k.organization_id', '=', organizationId)
    .where('k.expires_at', '>', now)
    .where('k.expires_at', '<=', now + SOON)
    .where('k.disabled_at', 'is', null)
    .where('p.archived_at', 'is', null)
    .orderBy('k.expires_at')
    .limit(most + 1)
    .execute()
  return [...admin.map((key) => ({ ...key, project_id: null, project_name: null })), ...project]
}
