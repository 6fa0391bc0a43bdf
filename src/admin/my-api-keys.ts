import type { myApiKeys as routes } from '../contract/api-keys.ts'
import { ApiError } from '../contract/error.ts'
import { missingScopes } from '../core/permission.ts'
import type { Db } from '../db/tables.ts'
import { allKeys, type KeyOfAny, view } from './all-keys.ts'
import { keysPage } from './api-keys.ts'
import { disabling } from './disabling.ts'
import type { Caller, Handlers } from './handlers.ts'
import { existing } from './owned.ts'
import { WRITE_KEYS } from './project-api-keys.ts'

export const myApiKeys: Handlers<typeof routes> = {
  list({ caller, query, ...looking }) {
    return keysPage(looking, { ...mine(caller), kind: query.kind }, query)
  },

  // What somebody else disabled its owner does not enable: whoever may write the project's keys does.
  async update({ db, caller, params, body, now }) {
    const key = await findMine(db, caller, params.api_key_id)
    const changes = disabling(key, body.disabled, caller.userId, now)
    const again = key.disabled_at !== null && changes.disabled_at === null
    if (again && key.disabled_by !== caller.userId) {
      throw new ApiError('insufficient_permissions', missingScopes(WRITE_KEYS))
    }
    await db
      .updateTable('project_api_key')
      .set(changes)
      .where('organization_id', '=', caller.organizationId)
      .where('id', '=', key.id)
      .execute()
    const reply = view({ ...key, ...changes }, now)
    const rights = { permissions: [], ...(again && { until: key.expires_at }) }
    return { reply, audit: { id: key.id, changes_requested: body }, projectId: key.project_id, rights }
  },

  async delete({ db, caller, params }) {
    const key = await findMine(db, caller, params.api_key_id)
    await db
      .deleteFrom('project_api_key')
      .where('organization_id', '=', caller.organizationId)
      .where('id', '=', key.id)
      .execute()
    const reply = { object: 'organization.project.api_key.deleted' as const, id: key.id, deleted: true }
    return { reply, audit: { id: key.id }, projectId: key.project_id }
  },
}

const mine = ({ organizationId, userId }: Caller) => ({ organizationId, ownerId: userId })

/** A key of the caller's own in a project. */
async function findMine(db: Db, caller: Caller, id: string): Promise<KeyOfAny & { project_id: string }> {
  const [key] = await allKeys(db, { ...mine(caller), kind: 'project', id }, { limit: 1 })
  const found =
    key?.archived_at === null && key.project_id !== null ? { ...key, project_id: key.project_id } : undefined
  return existing(found, 'api_key_id', id)
}
