/** A code of an app, a code for who has lost that, a passkey, or whatever a provider asks for. */
export type ShownFactor = 'code' | 'recovery_code' | 'passkey' | 'provider'

/** Somebody who has signed in, until they sign out, it ends, or they are removed. */
export interface SessionTable {
  id: string
  organization_id: string
  user_id: string
  /** SHA-256 of the cookie's secret, in hex. */
  hash: string
  created_at: number
  /** Off by the seconds that last uses wait to be written. */
  last_used_at: number
  /** When it ends at the latest. */
  expires_at: number
  ip_address: string | null
  user_agent: string | null
  /** What was shown besides a password; null: nothing. */
  second_factor: ShownFactor | null
  /** By which provider it was begun; null: by a password. */
  oidc_issuer: string | null
  /** What that calls its own session, where it says it. */
  oidc_sid: string | null
}

/** Who somebody is to a provider. A user who was removed keeps their row: the subject is no stranger who may become a user. */
export interface OidcIdentityTable {
  organization_id: string
  issuer: string
  subject: string
  user_id: string
  created_at: number
}

/** Attempts to sign in, as the servers of a PostgreSQL count them together; with a SQLite file there are none here. */
export interface SignInAttemptTable {
  /** What is counted, and of whom: `account`, `network` or `codes`. */
  name: string
  /** When all attempts are there again, milliseconds since the epoch. */
  full_at_ms: number
}

/** What a user signs in with; who has no row here cannot. */
export interface UserPasswordTable {
  organization_id: string
  user_id: string
  /** Argon2id with its parameters, as `sign-in/password.ts` writes it. */
  hash: string
  changed_at: number
}

/** A link that sets a user's password, once. A newer one takes its place. */
export interface PasswordLinkTable {
  organization_id: string
  user_id: string
  /** SHA-256 of the link's token, in hex. */
  token_hash: string
  created_at: number
  expires_at: number
  /** The user who made it; null: the operator. */
  created_by: string | null
  /** The admin key or the session that they made it with. */
  created_with: string | null
}

/** What makes the codes that a user is asked for besides their password; who has no row here has no such codes. */
export interface SecondFactorTable {
  organization_id: string
  user_id: string
  /** In base32, as it has to be had to make codes of it. */
  secret: string
  set_at: number
  /** The thirty seconds of the code that was used last. */
  last_step: number
}

/** What is to become that, once a code of it was shown. A newer one takes its place. */
export interface SecondFactorSetupTable {
  organization_id: string
  user_id: string
  secret: string
  expires_at: number
}

/** Codes for who has lost what makes theirs. Each is gone once it is used. */
export interface RecoveryCodeTable {
  organization_id: string
  user_id: string
  /** SHA-256 of the code, in hex. */
  hash: string
}
