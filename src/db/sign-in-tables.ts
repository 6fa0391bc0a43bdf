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
}
