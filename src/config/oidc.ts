import { isThisMachine } from '../core/this-machine.ts'
import { httpUrl } from './text.ts'

/** The provider by which people sign in, and what of its word counts. */
export type OidcConfig = {
  /** Its address, which it says itself in everything that it signs. */
  issuer: string
  clientId: string
  clientSecret: string
  /** Where it sends people back to. */
  redirectUri: string
  scopes: readonly string[]
  /** The claim that says which groups somebody is in there; null: none is looked at. */
  groupsClaim: string | null
  /** Which of the organization's groups a value of that claim stands for. */
  groups: Readonly<Record<string, string>>
  /** What becomes of who is no user. */
  unknownUsers: 'refuse' | 'reader'
}

/** How the configuration file says it. */
export type WrittenOidc = {
  scopes?: string[]
  groups_claim?: string
  groups?: Record<string, string>
  unknown_users?: 'refuse' | 'reader'
}

export const oidcSchema = {
  type: 'object',
  properties: {
    scopes: {
      type: 'array',
      items: { type: 'string', pattern: '^[\\x21\\x23-\\x5b\\x5d-\\x7e]{1,128}$' },
      minItems: 1,
    },
    groups_claim: { type: 'string', minLength: 1, maxLength: 255 },
    groups: {
      type: 'object',
      minProperties: 1,
      propertyNames: { minLength: 1, maxLength: 255 },
      additionalProperties: { type: 'string', pattern: '^group_' },
    },
    unknown_users: { enum: ['refuse', 'reader'] },
  },
  // One without the other would do nothing.
  dependencies: { groups_claim: ['groups'], groups: ['groups_claim'] },
  additionalProperties: false,
}

/** What a claim of the e-mail address and the name is asked by. */
const PRESET = ['openid', 'email', 'profile']

type Given = { issuer: string | null; clientId: string | null; clientSecret: string | null; publicUrl: string | null }

/**
 * The provider, where there is one.
 * @param written null: the file says nothing of it
 * @param mistakes every mistake is added here
 */
export function toOidc(given: Given, written: WrittenOidc | null, mistakes: string[]): OidcConfig | null {
  const { issuer, clientId, clientSecret, publicUrl } = given
  const needed = { ISSUER: issuer, CLIENT_ID: clientId, CLIENT_SECRET: clientSecret }
  const missing = Object.entries(needed).flatMap(([name, value]) => (value === null ? [`GATEHOUSE_OIDC_${name}`] : []))
  if (missing.length === 3) {
    if (written !== null) mistakes.push('GATEHOUSE_CONFIG: console.oidc does nothing without GATEHOUSE_OIDC_ISSUER')
    return null
  }
  if (issuer === null || clientId === null || clientSecret === null) {
    mistakes.push(`${missing.join(', ')}: signing in by OpenID Connect needs all three`)
    return null
  }
  if (publicUrl === null) {
    mistakes.push('GATEHOUSE_OIDC_ISSUER: the provider sends people back to GATEHOUSE_PUBLIC_URL, which is not set')
    return null
  }
  const { scopes = PRESET, groups_claim = null, groups = {}, unknown_users = 'refuse' } = written ?? {}
  return {
    ...{ issuer, clientId, clientSecret, redirectUri: `${publicUrl}/sign-in/oidc/callback` },
    scopes: [...new Set(['openid', ...scopes])],
    groupsClaim: groups_claim,
    groups,
    unknownUsers: unknown_users,
  }
}

/** A provider's address, word for word as it says it itself. Its word is worth something by TLS only, or on the same machine. */
export function issuerUrl(value: string): string {
  httpUrl(value)
  const { protocol, hostname } = new URL(value)
  if (protocol === 'https:' || isThisMachine(hostname)) return value
  throw new Error('a provider on another machine must be asked over https')
}
