import { isId } from '../core/id.ts'
import { holds, permissions } from '../core/permission.ts'
import { organizationAccess } from '../db/access.ts'
import type { Db, Row } from '../db/tables.ts'

/**
 * Whether who made a link could make it still: an owner, with a key that is not narrowed and works, or with a session that nobody has ended. A
 * link stands in no list from which it could be withdrawn, so it goes with what made it. The operator's are good.
 * @param now Unix seconds
 */
export async function isStillVouchedFor(db: Db, link: Row<'password_link'>, now: number): Promise<boolean> {
  const { organization_id: organizationId, created_by, created_with } = link
  if (created_by === null || created_with === null) return true
  const maker = { organizationId, id: created_by }
  const access = await organizationAccess(db, maker)
  if (!access.owner) return false
  if (isId('session', created_with)) return isThere(db, maker, created_with)
  const scopes = await scopesOfKey(db, maker, created_with, now)
  return scopes !== null && permissions.every((permission) => holds(access, scopes, permission))
}

type Maker = { organizationId: string; id: string }

/** One that has ended by itself, unused overnight or after its days, was nobody's decision: its links have ends of their own. */
async function isThere(db: Db, maker: Maker, sessionId: string): Promise<boolean> {
  const session = await db
    .selectFrom('session')
    .select('id')
    .where('organization_id', '=', maker.organizationId)
    .where('user_id', '=', maker.id)
    .where('id', '=', sessionId)
    .executeTakeFirst()
  return session !== undefined
}

/** What a key that works is narrowed to; null for one that does not. */
async function scopesOfKey(db: Db, maker: Maker, keyId: string, now: number): Promise<readonly string[] | null> {
  const key = await db
    .selectFrom('admin_api_key')
    .select(['scopes', 'expires_at', 'disabled_at'])
    .where('organization_id', '=', maker.organizationId)
    .where('id', '=', keyId)
    .where('user_id', '=', maker.id)
    .executeTakeFirst()
  if (!key || key.disabled_at !== null || (key.expires_at !== null && key.expires_at <= now)) return null
  return JSON.parse(key.scopes)
}
