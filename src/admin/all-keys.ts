import type { ApiKey } from '../contract/api-keys.ts'
import { isId } from '../core/id.ts'
import type { Db } from '../db/tables.ts'
import { statusOf } from './key-filter.ts'
import { keyView } from './keys.ts'
import { behind } from './page.ts'
import type { Part } from './sifted.ts'

/** Which keys of an organization: of one kind or both, and whose; or one key of a project. */
export type WhichKeys = {
  organizationId: string
  kind?: ApiKey['kind'] | undefined
  ownerId?: string | undefined
  id?: string
}

/** Keys of both kinds in the order of their ids, which are of one sequence, or in the other: `limit` of them and one more, where there are as many. */
export async function allKeys(db: Db, which: WhichKeys, part: Part): Promise<KeyOfAny[]> {
  const admin = which.kind === 'project' ? [] : await behind(adminKeys(db, which), part, 'key', 'k.id').execute()
  const project = which.kind === 'admin' ? [] : await projectKeys(db, which, part)
  const first = part.order === 'desc' ? 1 : -1
  return [...admin.map((row) => ({ ...row, ...NO_PROJECT })), ...project]
    .sort((a, b) => (a.id < b.id ? first : -first))
    .slice(0, part.limit + 1)
}

const NO_PROJECT = {
  service_account_id: null,
  project_id: null,
  project_name: null,
  archived_at: null,
  account_name: null,
}

const columns = ['k.id', 'k.name', 'k.redacted_value', 'k.scopes', 'k.created_at', 'k.expires_at'] as const
const more = ['k.last_used_at', 'k.disabled_at', 'k.disabled_by', 'k.user_id'] as const

function adminKeys(db: Db, { organizationId, ownerId }: WhichKeys) {
  const keys = db
    .selectFrom('admin_api_key as k')
    .innerJoin('organization_user as u', (join) =>
      join.onRef('u.organization_id', '=', 'k.organization_id').onRef('u.id', '=', 'k.user_id'),
    )
    .select([...columns, ...more])
    .select(['u.name as user_name', 'u.email as user_email'])
    .where('k.organization_id', '=', organizationId)
  return ownerId === undefined ? keys : keys.where('k.user_id', '=', ownerId)
}

/** An owner is a user or a service account, by an index of either: no id is of both. */
async function projectKeys(db: Db, { organizationId, ownerId, id }: WhichKeys, part: Part) {
  const all = db
    .selectFrom('project_api_key as k')
    // Never without a row: an inner join SQLite would begin with the projects.
    .leftJoin('project as p', (join) =>
      join.onRef('p.organization_id', '=', 'k.organization_id').onRef('p.id', '=', 'k.project_id'),
    )
    .leftJoin('organization_user as u', (join) =>
      join.onRef('u.organization_id', '=', 'k.organization_id').onRef('u.id', '=', 'k.user_id'),
    )
    .leftJoin('service_account as s', (join) =>
      join.onRef('s.organization_id', '=', 'k.organization_id').onRef('s.id', '=', 'k.service_account_id'),
    )
    .select([...columns, ...more])
    .select(['k.service_account_id', 'k.project_id', 'p.name as project_name', 'p.archived_at'])
    .select(['u.name as user_name', 'u.email as user_email', 's.name as account_name'])
    .where('k.organization_id', '=', organizationId)
  const keys = id === undefined ? all : all.where('k.id', '=', id)
  if (ownerId === undefined) return behind(keys, part, 'key', 'k.id').execute()
  const column = isId('serviceAccount', ownerId) ? 'k.service_account_id' : 'k.user_id'
  return behind(keys.where(column, '=', ownerId), part, 'key', 'k.id').execute()
}

type ProjectKey = Awaited<ReturnType<typeof projectKeys>>[number]
export type KeyOfAny = Omit<ProjectKey, 'project_id' | 'project_name'> & {
  project_id: string | null
  project_name: string | null
}

/** @param now Unix seconds */
export function view(row: KeyOfAny, now: number): ApiKey {
  const { project_id: id, project_name: name } = row
  const account = { type: 'service_account', id: row.service_account_id ?? '', name: row.account_name ?? '' } as const
  return {
    object: 'organization.api_key',
    ...keyView(row),
    kind: id === null ? 'admin' : 'project',
    scopes: JSON.parse(row.scopes),
    status: statusOf(row, now),
    disabled_by: row.disabled_by,
    project: id === null ? null : { id, name: name ?? '' },
    owner:
      row.user_id === null
        ? { ...account, email: null }
        : { type: 'user', id: row.user_id, name: row.user_name ?? '', email: row.user_email },
  }
}
