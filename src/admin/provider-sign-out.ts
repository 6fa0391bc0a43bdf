import type { Origin } from '../core/audit.ts'
import type { Db } from '../db/tables.ts'
import type { LogoutToken } from '../sign-in/oidc/logout-token.ts'
import type { Person } from '../sign-in/session.ts'
import { type Mutator, mutate } from './mutation.ts'
import { signedInActor } from './refused.ts'
import { members } from './users.ts'

/** Seconds by which the provider's clock may be behind. */
const TOLERANCE = 60

/** There is nothing to be ended, nor to be recorded. */
class NothingToEnd extends Error {}

/**
 * Ends the sessions that a provider began and says are over: of one of its subjects, or the one that it calls so. What began after it said that is
 * another sign-in, so that nobody does harm by saying it twice. Those of an organization are found and ended in its turn, in which nobody signs in,
 * and whose they may be is asked until nobody is new: so none is missed that was begun while others were ended.
 * @returns how many have ended
 */
export async function endSessionsOf(app: Mutator, issuer: string, said: LogoutToken, origin: Origin): Promise<number> {
  const seen = new Set<string>()
  let ended = 0
  for (;;) {
    const fresh = (await whose(app.db, issuer, said)).filter(({ user_id }) => !seen.has(user_id))
    if (fresh.length === 0) return ended
    for (const { organization_id: organizationId, user_id: userId } of fresh) {
      if (seen.has(userId)) continue
      seen.add(userId)
      ended += await endOf(app, issuer, said, origin, { organizationId, userId })
    }
  }
}

/** Ends those of one user. @returns how many there were */
async function endOf(app: Mutator, issuer: string, said: LogoutToken, origin: Origin, of: Person): Promise<number> {
  const event = { type: 'logout.succeeded' as const, organizationId: of.organizationId, unheard: true }
  const ended = mutate(app, event, async (tx) => {
    const [id, ...more] = await idsOf(tx, issuer, said, of)
    if (id === undefined) throw new NothingToEnd()
    const { default_project_id: defaultProjectId } = await tx
      .selectFrom('organization')
      .select('default_project_id')
      .where('id', '=', of.organizationId)
      .executeTakeFirstOrThrow()
    const user = await members(tx, of.organizationId).where('id', '=', of.userId).executeTakeFirst()
    await tx
      .deleteFrom('session')
      .where('organization_id', '=', of.organizationId)
      .where('user_id', '=', of.userId)
      .where('id', 'in', [id, ...more])
      .execute()
    const also = more.map((one) => ({ type: event.type, payload: { id: one } }))
    const actor = user ? signedInActor(user) : null
    return {
      change: { reply: 1 + more.length, audit: { id }, also },
      by: { organizationId: of.organizationId, projectId: null, defaultProjectId, actor, origin },
    }
  })
  return ended.then(
    ({ reply }) => reply,
    (error) => {
      if (error instanceof NothingToEnd) return 0
      throw error
    },
  )
}

/** Whose sessions they may be, in all organizations: a provider knows none of them. */
async function whose(db: Db, issuer: string, { subject, sid }: LogoutToken) {
  if (subject === null) {
    const of = db.selectFrom('session').select(['organization_id', 'user_id'])
    return of.where('oidc_sid', '=', sid).where('oidc_issuer', '=', issuer).execute()
  }
  const of = db.selectFrom('oidc_identity').select(['organization_id', 'user_id'])
  return of.where('issuer', '=', issuer).where('subject', '=', subject).execute()
}

async function idsOf(db: Db, issuer: string, { sid, issuedAt }: LogoutToken, { organizationId, userId }: Person) {
  const rows = await db
    .selectFrom('session')
    .select(['id', 'oidc_sid', 'created_at'])
    .where('organization_id', '=', organizationId)
    .where('user_id', '=', userId)
    .where('oidc_issuer', '=', issuer)
    .orderBy('id')
    .execute()
  const meant = rows.filter(
    ({ oidc_sid, created_at }) => (sid === null || oidc_sid === sid) && created_at <= issuedAt + TOLERANCE,
  )
  return meant.map(({ id }) => id)
}
