import type { Db } from './tables.ts'

/** What is called how; what has no name is not there any more. */
export type Named = { name: string | null; status: 'active' | 'archived' | 'deleted' }
/** What has a name besides its id. */
export type NamedKind = 'api_key_id' | 'user_id' | 'service_account_id' | 'project_id'

/** The names of what usage is told of by ids, a thousand at most: of a person the address. What was deleted is left out. */
export async function namesOfIds(
  db: Db,
  organizationId: string,
  kind: NamedKind,
  ids: readonly string[],
): Promise<Map<string, Named>> {
  if (ids.length === 0) return new Map()
  const rows = await find[kind](db, organizationId, ids)
  return new Map(
    rows.map(({ id, name, gone = null }) => [id, { name, status: gone === null ? 'active' : goneAs[kind] }]),
  )
}

type Found = { id: string; name: string; gone?: number | null }

/** What becomes of it when it goes and its row stays. */
const goneAs = {
  api_key_id: 'deleted',
  user_id: 'deleted',
  service_account_id: 'deleted',
  project_id: 'archived',
} as const

const find: Record<NamedKind, (db: Db, organizationId: string, ids: readonly string[]) => Promise<Found[]>> = {
  api_key_id: (db, organizationId, ids) =>
    db
      .selectFrom('project_api_key')
      .select(['id', 'name'])
      .where('organization_id', '=', organizationId)
      .where('id', 'in', ids)
      .execute(),
  service_account_id: (db, organizationId, ids) =>
    db
      .selectFrom('service_account')
      .select(['id', 'name'])
      .where('organization_id', '=', organizationId)
      .where('id', 'in', ids)
      .execute(),
  user_id: (db, organizationId, ids) =>
    db
      .selectFrom('organization_user')
      .select(['id', 'email as name', 'removed_at as gone'])
      .where('organization_id', '=', organizationId)
      .where('id', 'in', ids)
      .execute(),
  project_id: (db, organizationId, ids) =>
    db
      .selectFrom('project')
      .select(['id', 'name', 'archived_at as gone'])
      .where('organization_id', '=', organizationId)
      .where('id', 'in', ids)
      .execute(),
}
