import type { Passkey } from '../contract/passkeys.ts'
import type { Row } from '../db/tables.ts'
import type { Credential } from '../sign-in/passkey.ts'

export const passkeyView = ({ id, name, rp_id, created_at, last_used_at }: Row<'passkey'>): Passkey => ({
  object: 'organization.passkey',
  id,
  name,
  host: rp_id,
  created_at,
  last_used_at,
})

/** As a browser reads it. */
export const credentialView = ({ id, transports }: Credential) => ({ id, type: 'public-key' as const, transports })
