import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  WebAuthnError,
} from '@simplewebauthn/browser'
import { CallError } from '../../api/call.ts'
import type { Input, Reply } from '../../api/operations.ts'

type Asked = Reply<'POST /v1/organization/sign_in/passkey'>['options']
type Asking = Reply<'POST /v1/organization/sign_in/second_factor/passkeys'>['options']
/** What a passkey has signed, as it is sent. */
export type Shown = NonNullable<Input<'POST /v1/organization/sign_in'>['body']['passkey']>
type Made = Input<'POST /v1/organization/sign_in/second_factor/passkeys/confirm'>['body']['made']

/** What speaks with the browser about passkeys: loaded for who has one, or adds one. */
export const passkeyLibrary = () => import('@simplewebauthn/browser')

/** Has a passkey sign what the server asked for. @throws Error in words, where it does not */
export async function showPasskey(options: Asked): Promise<Shown> {
  const { startAuthentication } = await supported()
  const optionsJSON = options as PublicKeyCredentialRequestOptionsJSON
  const { id, response } = await startAuthentication({ optionsJSON }).catch(inWords)
  const { clientDataJSON, authenticatorData, signature } = response
  return { id, client_data: clientDataJSON, authenticator_data: authenticatorData, signature }
}

/** Has a device make a passkey. @throws Error in words, where it does not */
export async function makePasskey(options: Asking): Promise<Made> {
  const { startRegistration } = await supported()
  const optionsJSON = options as PublicKeyCredentialCreationOptionsJSON
  const { response } = await startRegistration({ optionsJSON }).catch(inWords)
  const { clientDataJSON, attestationObject, transports = [] } = response
  return { client_data: clientDataJSON, attestation_object: attestationObject, transports }
}

async function supported() {
  const library = await passkeyLibrary()
  if (!library.browserSupportsWebAuthn()) throw said('This browser has no passkeys, or not on this page.')
  return library
}

function inWords(error: WebAuthnError | Error): never {
  const { name } = error
  if (name === 'InvalidStateError') throw said('This device has a passkey of yours already.')
  if (name === 'SecurityError') {
    throw said('Passkeys work on the pages of the address that the server has, and this page has another one.')
  }
  if (name === 'NotSupportedError') throw said('This device cannot make such a passkey.')
  // Browsers do not tell one from another, so that no page hears what passkeys there are.
  if (name === 'NotAllowedError' || name === 'AbortError') {
    throw said('No passkey was shown: it was cancelled, it took too long, or there is none of yours here.')
  }
  throw error
}

const said = (message: string) => new CallError(0, { message }, null)
