import type { AdminApiKey, adminApiKeys as routes } from '../contract/admin-api-keys.ts'
import { ApiError } from '../contract/error.ts'
import { holds } from '../core/permission.ts'
import { organizationAccess } from '../db/access.ts'
import type { Db, Row } from '../db/tables.ts'
import { disabling } from './disabling.ts'
import { endOfKey } from './escalation.ts'
import type { Caller, Handlers } from './handlers.ts'
import { keyView, newKey } from './keys.ts'
import { existing } from './owned.ts'
import { behind, page } from './page.ts'

export const adminApiKeys: Handlers<typeof routes> = {
  async list({ db, caller, query }) {
    const rows = behind(keys(db, caller.organizationId), query, 'key', 'k.id')
    return page(await rows.execute(), query.limit, view)
  },

  // The new key is no wider than what makes it, and ends no later.
  async create({ db, caller, body, now, newId }) {
    const expiresAt = endOfKey(caller, body.expires_in_seconds, now)
    const input = { name: body.name, scopes: caller.scopes, expiresAt }
    const { value, columns } = newKey('admin', input, now, newId)
    const row = { ...columns, organization_id: caller.organizationId, user_id: caller.userId }
    await db.insertInto('admin_api_key').values(row).execute()
    const created = await findKey(db, caller.organizationId, row.id)
    const audit = { id: row.id, data: { scopes: caller.scopes } }
    return { reply: { ...view(created), value }, audit, rights: { permissions: [], until: expiresAt } }
  },

  async retrieve({ db, caller, params }) {
    return view(await findKey(db, caller.organizationId, params.key_id))
  },

  // Whoever owns it can do again what their roles hold, as far as its scopes go.
  async update({ db, caller, params, body, now }) {
    const { organizationId } = caller
    const key = await findKey(db, organizationId, params.key_id)
    refuseOwn(caller, key, 'disable')
    const changes = disabling(key, body.disabled, caller.userId, now)
    await db
      .updateTable('admin_api_key')
      .set(changes)
      .where('organization_id', '=', organizationId)
      .where('id', '=', key.id)
      .execute()
    const access = await organizationAccess(db, { organizationId, id: key.user_id })
    const scopes: string[] = JSON.parse(key.scopes)
    const again = key.disabled_at !== null && changes.disabled_at === null
    const permissions = again ? [...access.permissions].filter((one) => holds(access, scopes, one)) : []
    const rights = { permissions, ...(again && { until: key.expires_at }) }
    return { reply: view({ ...key, ...changes }), audit: { id: key.id, changes_requested: body }, rights }
  },

  async delete({ db, caller, params }) {
    const key = await findKey(db, caller.organizationId, params.key_id)
    refuseOwn(caller, key, 'delete')
    await db
      .deleteFrom('admin_api_key')
      .where('organization_id', '=', caller.organizationId)
      .where('id', '=', key.id)
      .execute()
    return { reply: { object: 'organization.admin_api_key.deleted', id: key.id, deleted: true }, audit: { id: key.id } }
  },
}

/** The key that makes a request cannot end: nobody might be left who could take it back. */
function refuseOwn(caller: Caller, { id }: Pick<Row<'admin_api_key'>, 'id'>, what: string) {
  if (caller.by !== 'key' || id !== caller.keyId) return
  const message = `You cannot ${what} the key that makes this request. Use another admin key.`
  throw new ApiError('would_lock_out_caller', message, { param: 'key_id' })
}

function keys(db: Db, organizationId: string) {
  return db
    .selectFrom('admin_api_key as k')
    .innerJoin('organization_user as u', (join) =>
      join.onRef('u.organization_id', '=', 'k.organization_id').onRef('u.id', '=', 'k.user_id'),
    )
    .selectAll('k')
    .select(['u.name as owner_name', 'u.created_at as owner_created_at', 'u.role as owner_role'])
    .where('k.organization_id', '=', organizationId)
}

type KeyWithOwner = Row<'admin_api_key'> & {
  owner_name: string
  owner_created_at: number
  owner_role: Row<'organization_user'>['role']
}

export async function findKey(db: Db, organizationId: string, id: string): Promise<KeyWithOwner> {
  const key = await keys(db, organizationId).where('k.id', '=', id).executeTakeFirst()
  return existing(key, 'key_id', id)
}

export function view(row: KeyWithOwner): AdminApiKey {
  return {
    object: 'organization.admin_api_key',
    ...keyView(row),
    owner: {
      type: 'user',
      object: 'organization.user',
      id: row.user_id,
      name: row.owner_name,
      created_at: row.owner_created_at,
      role: row.owner_role ?? 'none',
    },
  }
}
