import type { IncomingMessage } from 'node:http'
import { ApiError } from '../../contract/error.ts'
import { bearer } from '../../core/key.ts'
import { type BroughtKey, broughtKey, keyIn } from './identify.ts'

/**
 * The key that a request brings of the Anthropic API, whose clients send it as a bearer token or in a header of its own.
 * @returns a 401 where there is none, where two differ, or for one that is none of ours by its form
 */
export function keyInEither(request: Pick<IncomingMessage, 'headers' | 'socket'>): BroughtKey | ApiError {
  const { authorization, 'x-api-key': alone } = request.headers
  if (typeof alone !== 'string' || alone === '') return authorization ? broughtKey(request) : missing()
  // Of two one would be refused and the other served, and nobody could say whose call it was.
  if (authorization && bearer(authorization) !== alone) return different()
  return keyIn(request.socket, `Bearer ${alone}`)
}

const missing = () =>
  new ApiError('missing_key', "Missing key: send it in 'x-api-key', or as a bearer token in 'authorization'.")

const different = () =>
  new ApiError('invalid_api_key', "'x-api-key' and 'authorization' bring two different keys. Send one of them.")
