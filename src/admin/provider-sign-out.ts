import type { Origin } from '../core/audit.ts'
import type { Db } from '../db/tables.ts'
import type { LogoutToken } from '../sign-in/oidc/logout-token.ts'
import { type Mutator, mutate } from './mutation.ts'
import { signedInActor } from './refused.ts'
import { members } from './users.ts'

/** Seconds by which the provider's clock may be behind. */
const TOLERANCE = 60

/**
 * Ends the sessions that a provider began and says are over: of one of its subjects, or the one that it calls so. What began after it said that is
 * another sign-in, so that nobody does harm by saying it twice.
 * @returns how many have ended
 */
export async function endSessionsOf(app: Mutator, issuer: string, said: LogoutToken, origin: Origin): Promise<number> {
  let ended = 0
  for (const { organization_id, user_id } of await whose(app.db, issuer, said)) {
    const ids = await idsOf(app.db, issuer, said, organization_id, user_id)
    if (ids.length === 0) continue
    const event = { type: 'logout.succeeded' as const, organizationId: organization_id, unheard: true }
    await mutate(app, event, async (tx) => {
      const organization = await tx
        .selectFrom('organization')
        .select('default_project_id')
        .where('id', '=', organization_id)
        .executeTakeFirstOrThrow()
      const user = await members(tx, organization_id).where('id', '=', user_id).executeTakeFirst()
      await tx
        .deleteFrom('session')
        .where('organization_id', '=', organization_id)
        .where('user_id', '=', user_id)
        .where('id', 'in', ids)
        .execute()
      const [id = user_id, ...more] = ids
      const also = more.map((one) => ({ type: event.type, payload: { id: one } }))
      const actor = user ? signedInActor(user) : null
      const by = {
        organizationId: organization_id,
        projectId: null,
        defaultProjectId: organization.default_project_id,
        actor,
        origin,
      }
      return { change: { reply: null, audit: { id }, also }, by }
    })
    ended += ids.length
  }
  return ended
}

/** Whose sessions they may be, in all organizations: a provider knows none of them. */
async function whose(db: Db, issuer: string, { subject, sid }: LogoutToken) {
  if (subject === null) {
    const of = db.selectFrom('session').select(['organization_id', 'user_id'])
    const rows = await of.where('oidc_sid', '=', sid).where('oidc_issuer', '=', issuer).execute()
    return [...new Map(rows.map((row) => [row.user_id, row])).values()]
  }
  const of = db.selectFrom('oidc_identity').select(['organization_id', 'user_id'])
  return of.where('issuer', '=', issuer).where('subject', '=', subject).execute()
}

async function idsOf(db: Db, issuer: string, { sid, issuedAt }: LogoutToken, organizationId: string, userId: string) {
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
