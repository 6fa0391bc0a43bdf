import { createHash } from 'node:crypto'

/** What one sign-in is known by: to the provider by the state, in what it signs by the nonce, and to its owner by the verifier. */
export type Flow = { state: string; nonce: string; verifier: string }

/**
 * All of it from the one secret that the browser keeps, so that nothing of a sign-in that was only begun is kept here: any node can end it.
 * @param secret 256 random bits
 */
export const flowOf = (secret: string): Flow => ({
  state: derived(secret, 'state'),
  nonce: derived(secret, 'nonce'),
  verifier: derived(secret, 'verifier'),
})

const derived = (secret: string, what: string) => createHash('sha256').update(`${what} ${secret}`).digest('base64url')
