import type { Row } from '../db/tables.ts'

/** What the settings say of sessions, whatever an organization says. */
export type SessionsTaken = {
  /** Whether those are good that were begun by a password. */
  local: boolean
  /** And by which provider; null: by none. */
  issuer: string | null
  /** Whether a second factor is asked of everybody. */
  asksForFactor: boolean
}

/** How a session was begun, and whether its organization asks a second factor of everybody. */
export type Begun = Pick<Row<'session'>, 'oidc_issuer' | 'second_factor'> &
  Pick<Row<'organization'>, 'second_factor_required_at'>

/**
 * Whether a session counts that has not ended. It is asked here whoever asks: the session itself, what was made in it, and who is about to change
 * what is asked.
 * @returns `not_taken` where nobody signs in any more as it was begun; `lacks_factor` where it was begun with less than is asked of everybody. Both
 * are as good as none, until that is taken back
 */
export function standingOf(
  { oidc_issuer, second_factor, second_factor_required_at }: Begun,
  { local, issuer, asksForFactor }: SessionsTaken,
): 'counts' | 'not_taken' | 'lacks_factor' {
  const isTaken = oidc_issuer === null ? local : oidc_issuer === issuer
  if (!isTaken) return 'not_taken'
  const isAsked = asksForFactor || second_factor_required_at !== null
  return isAsked && second_factor === null ? 'lacks_factor' : 'counts'
}
