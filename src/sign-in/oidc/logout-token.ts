import type { JWTVerifyGetKey } from 'jose'
import type { Asking } from './asking.ts'
import { isNamed } from './claims.ts'
import { NotProven, ProviderDown } from './failure.ts'

/** Whom a provider signs out: all sessions that it began for a subject, or the one that is called so there. */
export type LogoutToken = {
  subject: string | null
  sid: string | null
  /** Unix seconds: what began later is another sign-in. */
  issuedAt: number
}

type Known = () => Promise<{ configuration: { serverMetadata: () => { issuer: string; jwks_uri?: string } } }>

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
/** Signed with the provider's own key, which nobody else has. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']
/** Seconds for which such a token is good, and by which two clocks may differ. */
const GOOD_FOR = 300
const TOLERANCE = 60

/** Reads what a provider sends to sign somebody out. @param known asks where its keys are */
export function logoutTokens({ clientId }: { clientId: string }, known: Known, asking: Asking) {
  let keys: { uri: string; find: JWTVerifyGetKey } | null = null
  return async (token: string): Promise<LogoutToken> => {
    const { issuer, jwks_uri: uri } = (await known()).configuration.serverMetadata()
    if (uri === undefined) throw new ProviderDown('it says no jwks_uri')
    const { createRemoteJWKSet, customFetch, errors, jwtVerify } = await import('jose')
    if (keys?.uri !== uri) keys = { uri, find: createRemoteJWKSet(new URL(uri), { [customFetch]: asking.ask }) }
    const rules = {
      issuer,
      audience: clientId,
      algorithms: ALGORITHMS,
      maxTokenAge: GOOD_FOR,
      clockTolerance: TOLERANCE,
    }
    const { payload } = await jwtVerify(token, keys.find, rules).catch((error: Error) => {
      if (error instanceof ProviderDown) throw error
      // Its keys are none; they are asked for by whatever a stranger sends.
      if (error instanceof errors.JWKSInvalid) throw asking.rest(error)
      throw error instanceof errors.JOSEError ? new NotProven(error.message) : error
    })
    const { sub, sid, iat = 0, events, nonce } = payload
    // What somebody signs in with is signed by the same key, and is no word that they are out.
    const says = typeof events === 'object' && events !== null && EVENT in events && nonce === undefined
    const named = { subject: isNamed(sub) ? sub : null, sid: isNamed(sid) ? sid : null }
    // What it names must be read, or too many would be signed out.
    const isRead = (sub === undefined || named.subject !== null) && (sid === undefined || named.sid !== null)
    if (!says || !isRead || (named.subject ?? named.sid) === null) throw new NotProven('no logout token')
    return { ...named, issuedAt: iat }
  }
}
