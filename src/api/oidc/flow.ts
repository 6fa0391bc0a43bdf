import { mintToken } from '../../core/key.ts'
import { queryParameters } from '../../core/query.ts'
import type { SecretCookie } from '../../sign-in/cookie.ts'
import { returnPath } from '../../sign-in/oidc/return-path.ts'

/** A sign-in that was begun, as the browser keeps it. */
export type Begun = {
  secret: string
  /** Where it leads when it is done: a path of this server. */
  next: string
  /** The organization that was asked for. */
  organization: string | null
}

/** Seconds in which somebody has to come back. */
export const COME_BACK_WITHIN = 600

/** One that begins now, with a secret that only this browser will have. @param query of the address that begins it, which anybody can have written */
export function newFlow(query: string): Begun {
  const asked = queryParameters(query)
  return {
    secret: mintToken().value,
    next: returnPath(asked?.get('next') ?? null),
    organization: organizationIn(asked?.get('organization_id') ?? null),
  }
}

const organizationIn = (text: string | null) => (text !== null && /^[\w-]{1,64}$/.test(text) ? text : null)

/** What the cookie says. */
export function written({ secret, next, organization }: Begun): string {
  return `${secret}.${Buffer.from(`${organization ?? ''} ${next}`).toString('base64url')}`
}

/** The sign-in that a browser has begun; null: it has not, or too long ago. */
export function readFlow(cookie: SecretCookie, header: string | undefined): Begun | null {
  const [secret, rest = ''] = cookie.read(header)?.split('.', 2) ?? []
  if (secret === undefined) return null
  const [organization = null, next = null] = Buffer.from(rest, 'base64url').toString().split(' ', 2)
  // Looked at once more: it is no more than what a request says.
  return { secret, next: returnPath(next), organization: organizationIn(organization) }
}
