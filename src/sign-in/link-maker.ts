import { isId } from '../core/id.ts'
import { holds, permissions } from '../core/permission.ts'
import { organizationAccess } from '../db/access.ts'
import type { Db, Row } from '../db/tables.ts'
import { type SessionsTaken, standingOf } from './standing.ts'

/**
 * Whether who made a link could make it still: an owner, with a key that is not narrowed and works, or with a session that nobody has ended
 * and that counts. A link stands in no list from which it could be withdrawn, so it goes with what made it. The operator's are good.
 * @param now Unix seconds
 */
export async function isStillVouchedFor(
  db: Db,
  link: Row<'password_link'>,
  taken: SessionsTaken,
  now: number,
): Promise<boolean> {
  const { organization_id: organizationId, created_by, created_with } = link
  if (created_by === null || created_with === null) return true
  const maker = { organizationId, id: created_by }
  const access = await organizationAccess(db, maker)
  if (!access.owner) return false
  if (isId('session', created_with)) return counts(db, maker, created_with, taken)
  const scopes = await scopesOfKey(db, maker, created_with, now)
  return scopes !== null && permissions.every((permission) => holds(access, scopes, permission))
}

type Maker = { organizationId: string; id: string }

/**
 * Whether a session is there and counts: one that does not, by what the settings or its organization say since, vouches for nothing that was made in it.
 * One that has ended by itself, unused overnight or after its days, was nobody's decision: its links have ends of their own.
 */
async function counts(db: Db, maker: Maker, sessionId: string, taken: SessionsTaken): Promise<boolean> {
  const session = await db
    .selectFrom('session as s')
    .innerJoin('organization as o', 'o.id', 's.organization_id')
    .select(['s.oidc_issuer', 's.second_factor', 'o.second_factor_required_at'])
    .where('s.organization_id', '=', maker.organizationId)
    .where('s.user_id', '=', maker.id)
    .where('s.id', '=', sessionId)
    .executeTakeFirst()
  return session !== undefined && standingOf(session, taken) === 'counts'
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
