import type { AdminApp } from '../api/app.ts'
import { byAdminKey } from '../api/by-key.ts'
import { bySessionOr } from '../api/by-session.ts'
import { ownOrigin } from '../api/same-origin.ts'
import type { Config } from '../config/settings.ts'
import { sessionCookie } from '../sign-in/cookie.ts'
import { Guard } from '../sign-in/guard.ts'

type Parts = Pick<AdminApp, 'authenticate' | 'signIn' | 'cookie' | 'isOwnOrigin'>

/**
 * How one may sign in, and who it is that calls. Where nobody may sign in no session counts either.
 * @param now milliseconds
 */
export function signInOf({ publicUrl, tls, console }: Config, now: () => number): Parts {
  const isSecure = publicUrl === null ? tls !== null : publicUrl.startsWith('https:')
  const cookie = sessionCookie(isSecure)
  const isOwnOrigin = ownOrigin(publicUrl)
  const { localSignIn: local, secondFactor, session: rules } = console
  const asksForFactor = secondFactor === 'required'
  return {
    authenticate: local ? bySessionOr(byAdminKey, { cookie, isOwnOrigin, rules, asksForFactor }) : byAdminKey,
    signIn: { local, asksForFactor, rules, guard: new Guard(now) },
    cookie,
    isOwnOrigin,
  }
}
