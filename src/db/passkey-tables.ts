/** What a user shows besides their password, in the place of a code: a key in their device or in what syncs between their devices. */
export interface PasskeyTable {
  id: string
  organization_id: string
  user_id: string
  /** The host that it was made for: browsers show it to no other. */
  rp_id: string
  /** What the device calls it, in base64url. */
  credential_id: string
  /** As the device has said it (COSE), in base64url. */
  public_key: string
  /** Signatures that it said it had made when it was used last; 0 for one that does not count. */
  counter: number
  /** How a browser reaches it: a JSON list. */
  transports: string
  name: string
  created_at: number
  last_used_at: number | null
}

/** What a passkey of somebody is asked to sign, until it has. */
export interface PasskeyChallengeTable {
  organization_id: string
  user_id: string
  /** SHA-256 of it, in hex. */
  hash: string
  purpose: ChallengePurpose
  expires_at: number
}

/** To show a passkey that there is, or to add one. */
export type ChallengePurpose = 'show' | 'add'
