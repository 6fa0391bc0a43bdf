import type { WebAuthnCredential } from '@simplewebauthn/server'
import type { Row } from '../db/tables.ts'
import type { RelyingParty } from './relying-party.ts'

/*
 * What devices sign (W3C Web Authentication, level 3). The library that reads it costs 30 MB and a third of a second, so that it is loaded
 * when the first passkey is shown or added: most servers never see one.
 */
const library = () => import('@simplewebauthn/server')

/** What a browser gives of a passkey that was shown, in base64url. */
export type Assertion = { id: string; client_data: string; authenticator_data: string; signature: string }
/** What it gives of one that was made. */
export type Attestation = { client_data: string; attestation_object: string; transports?: string[] | undefined }

/**
 * The kinds of keys that one may have, best first: Ed25519, ES256, RS256, which is what all devices make. Those that withstand quantum computers
 * are experimental in Node.js, and a server that moves to another version of it must not leave anybody outside.
 */
export const KEY_KINDS = [-8, -7, -257]

/**
 * Whether this passkey has signed, for this host and on one of its own pages, while somebody was there.
 * @returns what it has signed, which the caller has to have asked for, and how often it says to have done so; null: it has not
 */
export async function readAssertion(
  { id, client_data, authenticator_data, signature }: Assertion,
  { credential_id, public_key }: Pick<Row<'passkey'>, 'credential_id' | 'public_key'>,
  party: RelyingParty,
): Promise<{ challenge: string; counter: number } | null> {
  const { verifyAuthenticationResponse } = await library()
  const signed = heard()
  const response = { clientDataJSON: client_data, authenticatorData: authenticator_data, signature }
  const read = await verifyAuthenticationResponse({
    response: { id, rawId: id, type: 'public-key', clientExtensionResults: {}, response },
    // The caller compares counts: of two requests at once both would be ahead here.
    credential: { id: credential_id, publicKey: bytesOf(public_key), counter: 0 },
    ...expected(party, signed),
  }).catch(refused)
  return read?.verified ? { challenge: signed.challenge, counter: read.authenticationInfo.newCounter } : null
}

/** The same of a passkey that is to be kept. @returns what is kept of it, and what it has signed; null: it is none */
export async function readAttestation(
  { client_data, attestation_object, transports }: Attestation,
  party: RelyingParty,
): Promise<{ challenge: string; made: Made } | null> {
  const { verifyRegistrationResponse } = await library()
  const signed = heard()
  const attestationObject = await withoutStatement(attestation_object).catch(refused)
  if (attestationObject === null) return null
  const response = { clientDataJSON: client_data, attestationObject }
  const read = await verifyRegistrationResponse({
    // The name that counts is the one that the device has signed.
    supportedAlgorithmIDs: KEY_KINDS,
    response: { id: 'new', rawId: 'new', type: 'public-key', clientExtensionResults: {}, response },
    ...expected(party, signed),
  }).catch(refused)
  if (!read?.verified) return null
  const { id, publicKey, counter } = read.registrationInfo.credential
  if (Buffer.byteLength(id, 'base64url') > LONGEST_ID) return null
  const public_key = Buffer.from(publicKey).toString('base64url')
  const made = { credential_id: id, public_key, counter, transports: JSON.stringify(transports ?? []) }
  return { challenge: signed.challenge, made }
}
/** Bytes of a name that a device may give (Web Authentication, level 3, 4: "Credential ID"). */
const LONGEST_ID = 1023

/**
 * The same without what a device's maker says of it. Nobody has asked for that, and it is whatever somebody has written who knows a password: to check
 * it the library asks addresses that stand in it, of whatever host.
 * @param attestationObject in base64url
 * @throws for bytes that are none
 */
async function withoutStatement(attestationObject: string): Promise<string> {
  const { isoCBOR } = await import('@simplewebauthn/server/helpers')
  const made = isoCBOR.decodeFirst<Map<string, Uint8Array>>(bytesOf(attestationObject))
  const authData = made.get('authData')
  if (!(authData instanceof Uint8Array)) throw new Error('nothing is said of a passkey')
  const nothing = new Map<string, string>()
  const kept = new Map<string, string | typeof nothing | Uint8Array>()
  kept.set('fmt', 'none').set('attStmt', nothing).set('authData', authData)
  return Buffer.from(isoCBOR.encode(kept)).toString('base64url')
}

type Made = Pick<Row<'passkey'>, 'credential_id' | 'public_key' | 'counter' | 'transports'>

/** A device that cannot ask who it is for its PIN or a finger will do: the password has said that already. */
const expected = ({ id, origin }: RelyingParty, signed: { challenge: string }) => ({
  expectedOrigin: origin,
  expectedRPID: id,
  requireUserVerification: false,
  expectedChallenge(challenge: string) {
    signed.challenge = challenge
    return true
  },
})

const heard = () => ({ challenge: '' })
const bytesOf = (text: string): WebAuthnCredential['publicKey'] => new Uint8Array(Buffer.from(text, 'base64url'))

/** The library throws at all that is not as it should be; what it was is the matter of who has made it. */
const refused = () => null
