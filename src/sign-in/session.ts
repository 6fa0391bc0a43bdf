import type { Origin } from '../core/audit.ts'
import type { NewId } from '../core/id.ts'
import { mintToken } from '../core/key.ts'
import type { ShownFactor } from '../db/sign-in-tables.ts'
import type { Db, Row } from '../db/tables.ts'

/** How long a session lasts without being used, and at most. */
export type SessionRules = { idleSeconds: number; lifeSeconds: number }

/** Somebody in an organization. */
export type Person = { organizationId: string; userId: string }

/** What a session was begun by: a provider and its own session, or a password, and what was shown besides that. */
export type BegunBy = { issuer: string | null; sid: string | null; factor: ShownFactor | null }

/** Sessions that somebody has at most. The oldest ends for a newer one, so that nobody fills the table in a loop. */
const MOST = 50

/** Starts a session. @returns its row, and the secret that is its user's alone */
export async function startSession(
  db: Db,
  { organizationId, userId }: Person,
  { ip, userAgent }: Origin,
  { lifeSeconds }: SessionRules,
  now: number,
  newId: NewId,
  by: BegunBy,
): Promise<{ row: Row<'session'>; token: string }> {
  const token = mintToken()
  const row = {
    id: newId('session'),
    organization_id: organizationId,
    user_id: userId,
    hash: token.hash,
    created_at: now,
    last_used_at: now,
    expires_at: now + lifeSeconds,
    ip_address: ip,
    user_agent: userAgent,
    second_factor: by.factor,
    oidc_issuer: by.issuer,
    oidc_sid: by.sid,
  }
  const newestFirst = sessionsOf(db, { organizationId, userId }).select('id').orderBy('id', 'desc').limit(MOST)
  const oldest = (await newestFirst.execute())[MOST - 1]
  if (oldest) {
    await db
      .deleteFrom('session')
      .where('organization_id', '=', organizationId)
      .where('user_id', '=', userId)
      .where('id', '<=', oldest.id)
      .execute()
  }
  await db.insertInto('session').values(row).execute()
  return { row, token: token.value }
}

/** All of somebody's sessions, those too that have ended by themselves. */
export const sessionsOf = (db: Db, { organizationId, userId }: Person) =>
  db.selectFrom('session').where('organization_id', '=', organizationId).where('user_id', '=', userId)

/** Ends all sessions of somebody. @returns how many there were */
export async function endSessions(db: Db, { organizationId, userId }: Person): Promise<number> {
  const done = await db
    .deleteFrom('session')
    .where('organization_id', '=', organizationId)
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return Number(done.numDeletedRows)
}

/** Whether a session has not ended by itself. @param now Unix seconds */
export const isLiving = (
  { expires_at, last_used_at }: Pick<Row<'session'>, 'expires_at' | 'last_used_at'>,
  { idleSeconds }: SessionRules,
  now: number,
): boolean => now < expires_at && now < last_used_at + idleSeconds
