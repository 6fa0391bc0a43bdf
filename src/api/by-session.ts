import type { IncomingHttpHeaders } from 'node:http'
import type { Caller } from '../admin/handlers.ts'
import { KnownCallerRefused, knownCaller } from '../admin/refused.ts'
import { setupNeeded } from '../admin/sign-in-refusals.ts'
import { ApiError, notAMember } from '../contract/error.ts'
import { hashSecret } from '../core/key.ts'
import { organizationAccess } from '../db/access.ts'
import type { Db } from '../db/tables.ts'
import type { SecretCookie } from '../sign-in/cookie.ts'
import { isLiving, type SessionRules } from '../sign-in/session.ts'
import { type SessionsTaken, standingOf } from '../sign-in/standing.ts'
import type { Authenticate, Identify } from './caller.ts'
import type { IsOwnOrigin } from './same-origin.ts'

/** What requests of a session carry besides its cookie. No page of another origin can send it unasked. */
const CONSOLE = 'x-gatehouse-console'

/** What a cookie needs to count. */
type Counting = { cookie: SecretCookie; isOwnOrigin: IsOwnOrigin } & Rules
/** How long sessions last, and which of them are good. */
type Rules = { rules: SessionRules; taken: SessionsTaken }

/**
 * Who has signed in, by the cookie. It counts only where a page of this server's own has sent it: browsers send it with what other pages ask
 * for as well. Where it does not count it is as if there were none.
 * @param byKey asked for all others, and always where a key is shown: a wrong one is not made good by a cookie
 */
export function bySessionOr(byKey: Authenticate, { cookie, isOwnOrigin, ...rules }: Counting): Authenticate {
  return (headers) => {
    const token = isAsked(headers) && isOwnOrigin(headers) ? cookie.read(headers.cookie) : null
    if (token === null) return byKey(headers)
    const hash = hashSecret(token)
    return sessionOf(hash, rules)
  }
}

const isAsked = ({ authorization, [CONSOLE]: asked }: IncomingHttpHeaders) =>
  authorization === undefined && asked === '1'

const sessionOf =
  (hash: string, { rules, taken }: Rules): Identify =>
  async (db, now, permission) => {
    const row = await findSession(db, hash)
    // One that ended by itself is not told from one that never was, nor recorded: most often it is a page that was left open.
    if (!row || !isLiving(row, rules, now)) throw ended()
    const standing = standingOf(row, taken)
    if (standing === 'not_taken') throw ended()
    // It may be left by who has nothing more to show: as they came, they may go.
    if (standing === 'lacks_factor' && permission !== 'own.leave') throw setupNeeded()
    const caller: Caller = {
      by: 'session',
      sessionId: row.id,
      organizationId: row.organization_id,
      defaultProjectId: row.default_project_id,
      userId: row.user_id,
      email: row.email,
      scopes: [],
      expiresAt: null,
      access: await organizationAccess(db, { organizationId: row.organization_id, id: row.user_id }),
    }
    if (row.removed_at !== null) throw new KnownCallerRefused(knownCaller(caller), notAMember())
    return caller
  }

function findSession(db: Db, hash: string) {
  return db
    .selectFrom('session as s')
    .innerJoin('organization_user as u', (join) =>
      join.onRef('u.organization_id', '=', 's.organization_id').onRef('u.id', '=', 's.user_id'),
    )
    .innerJoin('organization as o', 'o.id', 's.organization_id')
    .select(['s.id', 's.organization_id', 's.user_id', 's.last_used_at', 's.expires_at', 's.second_factor'])
    .select(['s.oidc_issuer', 'u.email', 'u.removed_at', 'o.default_project_id', 'o.second_factor_required_at'])
    .where('s.hash', '=', hash)
    .executeTakeFirst()
}

const ended = () => new ApiError('session_ended', 'Your session has ended. Please sign in again.')
