import { ApiError, notFound } from '../contract/error.ts'
import type { ProjectApiKey, projectApiKeys as routes } from '../contract/project-api-keys.ts'
import { type Permission, usableWith } from '../core/permission.ts'
import type { Db, Row } from '../db/tables.ts'
import { disabling } from './disabling.ts'
import { endOfKey, heldBy, refuseBeyond } from './escalation.ts'
import type { Handlers } from './handlers.ts'
import { hasAccess, idsByAccess } from './key-access.ts'
import { passing } from './key-filter.ts'
import { checkProjectScopes, keyView } from './keys.ts'
import type { Ids } from './merged.ts'
import { ownedBy } from './owned.ts'
import { behind, page } from './page.ts'
import { inProjectSince } from './project-users.ts'
import { type Part, sifted } from './sifted.ts'
import { insertUserKey } from './user-key.ts'
import { widening } from './widening.ts'

export const WRITE_KEYS: Permission = 'api.organization.projects.api_keys.write'

export const projectApiKeys: Handlers<typeof routes> = {
  // The keys of an archived project are kept, so that the gate can say why it refuses them, but no longer shown.
  async list({ db, project, isLeft, query, now }) {
    const shown = (row: KeyWithOwner) => view(project, row)
    if (project.archived_at !== null) return page([], query.limit, shown)
    const access = query.owner_project_access ?? 'active'
    const rows = (part: Part) => {
      const ids = access === 'any' ? behind(idsOf(db, project), part, 'key') : idsByAccess(db, project, access, part)
      return keys(db, project, ids).orderBy('k.id', part.order).execute()
    }
    return page(await sifted(isLeft, query, rows, passing(query, now)), query.limit, shown)
  },

  // One's own key hands out nothing that one has not. Somebody else's asks for what a service account's does, and for more.
  async create({ db, caller, project, body, now, newId }) {
    checkProjectScopes(body.scopes)
    const scopes = body.scopes ?? []
    const userId = body.user_id ?? caller.userId
    const until = endOfKey(caller, body.expires_in_seconds, now)
    const permissions = userId === caller.userId ? [] : [WRITE_KEYS, ...usableWith(scopes)]
    const rights = { permissions, until }
    // Before anything is said of that user, who may be in the project or not.
    refuseBeyond(await heldBy(db, caller, project), rights)
    const input = { name: body.name, scopes, expiresAt: until }
    const made = await insertUserKey(db, { project, userId }, input, now, newId)
    if (made === null) {
      const message = `User '${userId}' is not in project '${project.id}': the key would open nothing.`
      throw new ApiError('user_not_in_project', message, { param: 'user_id' })
    }
    const reply = { ...view(project, await findProjectKey(db, project, made.id)), value: made.value }
    return { reply, audit: { id: made.id, data: { scopes } }, also: made.also, rights }
  },

  async retrieve({ db, project, params }) {
    return view(project, await findProjectKey(db, project, params.api_key_id))
  },

  async update({ db, caller, project, params, body, now }) {
    checkProjectScopes(body.scopes)
    if (Object.keys(body).length === 0) {
      const message = "Missing required parameter: 'scopes'. Give it, 'expires_in_seconds', or both."
      throw new ApiError('missing_required_parameter', message, { param: 'scopes' })
    }
    const key = await findProjectKey(db, project, params.api_key_id)
    if (key.expires_at !== null && key.expires_at <= now) {
      throw new ApiError('api_key_expired', `API key '${key.id}' has expired. An expired key cannot be changed.`, {
        param: 'api_key_id',
      })
    }
    const changes = {
      scopes: body.scopes ? JSON.stringify(body.scopes) : key.scopes,
      expires_at: body.expires_in_seconds ? now + body.expires_in_seconds : key.expires_at,
      ...disabling(key, body.disabled, caller.userId, now),
    }
    await db
      .updateTable('project_api_key')
      .set(changes)
      .where('organization_id', '=', project.organization_id)
      .where('id', '=', key.id)
      .execute()
    const audit = { id: key.id, changes_requested: body }
    return { reply: view(project, { ...key, ...changes }), audit, rights: widening(key, changes) }
  },

  async delete({ db, project, params }) {
    const key = await findProjectKey(db, project, params.api_key_id)
    await db
      .deleteFrom('project_api_key')
      .where('organization_id', '=', project.organization_id)
      .where('id', '=', key.id)
      .execute()
    return {
      reply: { object: 'organization.project.api_key.deleted', id: key.id, deleted: true },
      audit: { id: key.id },
    }
  },
}

function idsOf(db: Db, project: Row<'project'>) {
  return db
    .selectFrom('project_api_key')
    .select('id')
    .where((eb) => eb.and(ownedBy(project)))
}

function keys(db: Db, project: Row<'project'>, ids: Ids) {
  return db
    .selectFrom(ids.as('page'))
    .crossJoin('project_api_key as k')
    .leftJoin('organization_user as u', (join) =>
      join.onRef('u.organization_id', '=', 'k.organization_id').onRef('u.id', '=', 'k.user_id'),
    )
    .leftJoin('project_user as m', (join) =>
      join
        .onRef('m.organization_id', '=', 'k.organization_id')
        .onRef('m.user_id', '=', 'k.user_id')
        .onRef('m.project_id', '=', 'k.project_id'),
    )
    .leftJoin('service_account as s', (join) =>
      join.onRef('s.organization_id', '=', 'k.organization_id').onRef('s.id', '=', 'k.service_account_id'),
    )
    .selectAll('k')
    .select(['u.name as user_name', 'u.email as user_email', 'u.created_at as user_created_at'])
    .select(['u.role as organization_role', 'm.role as member_role', 'm.added_at as member_since'])
    .select(['s.name as account_name', 's.created_at as account_created_at', 's.role as account_role'])
    .select(hasAccess.as('has_access'))
    .where('k.organization_id', '=', project.organization_id)
    .where('k.project_id', '=', project.id)
    .whereRef('k.id', '=', 'page.id')
}

type KeyWithOwner = Awaited<ReturnType<ReturnType<typeof keys>['executeTakeFirstOrThrow']>>

export async function findProjectKey(db: Db, project: Row<'project'>, id: string): Promise<KeyWithOwner> {
  const key = await keys(db, project, idsOf(db, project).where('id', '=', id)).executeTakeFirst()
  if (!key || project.archived_at !== null) throw notFound('API key', id, 'api_key_id')
  return key
}

export function view(project: Row<'project'>, row: KeyWithOwner): ProjectApiKey {
  return {
    object: 'organization.project.api_key',
    ...keyView(row),
    owner_project_access: row.has_access ? 'active' : 'inactive',
    owner: owner(project, row),
  }
}

/** The owner, with the role it has in the project now; `none` where it has none. */
function owner(project: Row<'project'>, row: KeyWithOwner): ProjectApiKey['owner'] {
  if (row.user_id === null) {
    const id = row.service_account_id ?? ''
    const object = 'organization.project.service_account'
    const account = { object, id, name: row.account_name ?? '', created_at: row.account_created_at ?? 0 } as const
    return { type: 'service_account', service_account: { ...account, role: row.account_role ?? 'none' } }
  }
  const object = 'organization.project.user'
  const user = { object, id: row.user_id, email: row.user_email ?? '', name: row.user_name ?? '' } as const
  const role = !row.has_access ? 'none' : row.organization_role === 'owner' ? 'owner' : (row.member_role ?? 'none')
  const created_at = row.user_created_at ?? 0
  const added_at = row.member_since ?? inProjectSince({ created_at }, project)
  return { type: 'user', user: { ...user, created_at, added_at, role } }
}
