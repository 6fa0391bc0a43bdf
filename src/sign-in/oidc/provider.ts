import { Turns } from '../turns.ts'
import { Asking } from './asking.ts'
import { type Claims, claimsOf, isNamed, type Rules } from './claims.ts'
import { type Discovered, discover } from './discovery.ts'
import { failureOf, NotProven } from './failure.ts'
import { flowOf } from './flow.ts'
import { type LogoutToken, logoutTokens } from './logout-token.ts'

/** Who people sign in by, and what it knows this server as. */
export type ProviderSettings = { issuer: string; clientId: string; clientSecret: string; redirectUri: string } & Rules

/** The provider, as it is asked. */
export type Provider = {
  settings: ProviderSettings
  /** Where somebody is sent to sign in. @throws ProviderDown */
  begin: (secret: string) => Promise<URL>
  /**
   * Who came back, as the provider says it.
   * @param query what it sent them back with
   * @throws NotProven, ProviderDown, TooMany
   */
  prove: (secret: string, query: string) => Promise<Claims>
  /** Whom the provider signs out. @throws NotProven, ProviderDown */
  logout: (token: string) => Promise<LogoutToken>
}

/** Milliseconds after which it is asked anew where its endpoints are. */
const KNOWN_MS = 3_600_000
/** Sign-ins that ask it at once, and those that wait for one of them. */
const AT_ONCE = 16
const WAITING = 64

/** Nothing of it is loaded or asked before somebody signs in. @param now milliseconds */
export function openProvider(settings: ProviderSettings, now: () => number): Provider {
  const turns = new Turns(AT_ONCE, WAITING)
  const asking = new Asking(settings.issuer, now)
  const known = remembered(() => discover(settings, asking), now)
  const logout = logoutTokens(settings, known, asking)
  return {
    settings,
    async begin(secret) {
      const { library, configuration } = await known()
      const { state, nonce, verifier } = flowOf(secret)
      return library.buildAuthorizationUrl(configuration, {
        redirect_uri: settings.redirectUri,
        scope: settings.scopes.join(' '),
        ...{ state, nonce, code_challenge_method: 'S256' },
        code_challenge: await library.calculatePKCECodeChallenge(verifier),
      })
    },
    prove: (secret, query) => turns.take(() => prove(settings, known, secret, query)),
    logout,
  }
}

/** One question for all who ask meanwhile; a failure is forgotten at once. */
function remembered<T>(ask: () => Promise<T>, now: () => number): () => Promise<T> {
  let asked: { answer: Promise<T>; at: number } | null = null
  return () => {
    if (asked !== null && Math.abs(now() - asked.at) < KNOWN_MS) return asked.answer
    const asking = { answer: ask(), at: now() }
    asked = asking
    asking.answer.catch(() => {
      if (asked === asking) asked = null
    })
    return asking.answer
  }
}

async function prove(settings: ProviderSettings, known: () => Promise<Discovered>, secret: string, query: string) {
  const { library, configuration } = await known()
  const { state, nonce, verifier } = flowOf(secret)
  try {
    const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true }
    const back = new URL(`${settings.redirectUri}?${query}`)
    const tokens = await library.authorizationCodeGrant(configuration, back, checks)
    const signed = tokens.claims()
    if (signed === undefined || !isNamed(signed.sub)) throw new NotProven('no id token, or no subject')
    // Some say no more in what they sign than who it is.
    const wanted = ['email', 'email_verified', settings.groupsClaim]
    const isMissing = wanted.some((claim) => claim !== null && signed[claim] === undefined)
    const asks = isMissing && configuration.serverMetadata().userinfo_endpoint !== undefined
    const told = asks ? await library.fetchUserInfo(configuration, tokens.access_token, signed.sub) : {}
    return claimsOf(signed, told, settings)
  } catch (error) {
    throw failureOf(error)
  }
}
