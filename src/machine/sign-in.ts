import type { AdminApp } from '../api/app.ts'
import { byAdminKey } from '../api/by-key.ts'
import { bySessionOr } from '../api/by-session.ts'
import { ownOrigin } from '../api/same-origin.ts'
import type { Config } from '../config/settings.ts'
import type { Db } from '../db/tables.ts'
import { attemptsOn } from '../sign-in/attempts-on.ts'
import { flowCookie, type SecretCookie, sessionCookie } from '../sign-in/cookie.ts'
import { Guard } from '../sign-in/guard.ts'
import { openProvider } from '../sign-in/oidc/provider.ts'
import { relyingPartyOf } from '../sign-in/relying-party.ts'

type Parts = Pick<AdminApp, 'authenticate' | 'signIn' | 'cookie' | 'isOwnOrigin'> & { flows: SecretCookie }

/**
 * How one may sign in, and who it is that calls. Where nobody may sign in no session counts either.
 * @param now milliseconds
 */
export function signInOf({ publicUrl, tls, console, oidc, doors }: Config, db: Db, now: () => number): Parts {
  const isSecure = publicUrl === null ? tls !== null : publicUrl.startsWith('https:')
  const cookie = sessionCookie(isSecure)
  const isOwnOrigin = ownOrigin(publicUrl)
  const { localSignIn: local, secondFactor, session: rules } = console
  const taken = { local, issuer: oidc?.issuer ?? null, asksForFactor: secondFactor === 'required' }
  // Sessions count on every server, also where none of its pages leads to the provider.
  const provider = oidc && doors.includes('console') ? openProvider(oidc, now) : null
  return {
    authenticate: local || oidc ? bySessionOr(byAdminKey, { cookie, isOwnOrigin, rules, taken }) : byAdminKey,
    signIn: {
      ...taken,
      provider,
      relyingParty: relyingPartyOf(publicUrl),
      rules,
      guard: new Guard(attemptsOn(db, now)),
    },
    cookie,
    flows: flowCookie(isSecure),
    isOwnOrigin,
  }
}
