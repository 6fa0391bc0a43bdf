import type { IncomingMessage } from 'node:http'
import { type ApiError, incorrectKey, missingKey } from '../../contract/error.ts'
import { bearer, hashSecret, keyKind, showKey } from '../../core/key.ts'
import type { Grant } from './grant.ts'
import type { Grants } from './grants.ts'

/** A key that was brought, without its secret: what it is found by, and how it is shown to whoever brought it. */
export type BroughtKey = {
  hash: string
  shown: string
  /** Why it is no key of this gate, once that was asked for. */
  unknown: ApiError | null
}

/** The header that a connection brought last, and its key: clients keep both, and to compare costs less than to hash. */
const brought = new WeakMap<object, { authorization: string | undefined; key: BroughtKey | ApiError }>()

/**
 * The key that a request brings. From here on nobody has its secret in hand.
 * @returns a 401 where there is none, or one that is none of ours by its form: a mistyped key costs no look-up
 */
export function broughtKey({ headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>): BroughtKey | ApiError {
  return keyIn(socket, headers.authorization)
}

/** The same of a header's text. @param socket of the connection that brought it */
export function keyIn(socket: object, authorization: string | undefined): BroughtKey | ApiError {
  const last = brought.get(socket)
  if (last !== undefined && last.authorization === authorization) return last.key
  const key = read(authorization)
  brought.set(socket, { authorization, key })
  return key
}

/** A client in a loop is refused with one and the same error, which is made and written once. */
function read(authorization: string | undefined): BroughtKey | ApiError {
  const token = bearer(authorization)
  if (token === null) return missingKey()
  const shown = showKey(token)
  if (keyKind(token) === null) return wrongKey(shown)
  return { hash: hashSecret(token), shown, unknown: null }
}

/**
 * Whose key this is: from memory, or with one look-up that callers share. A promise only where it is looked up: all else of a
 * call that came in one piece is there in the same turn.
 * @returns a 401 for a key that nobody has
 */
export function identify(grants: Grants, key: BroughtKey): Grant | ApiError | Promise<Grant | ApiError> {
  const warm = grants.peek(key.hash)
  if (warm === undefined) return grants.serve(key.hash).then((grant) => known(grant, key))
  return known(warm, key)
}

function known(grant: Grant | null, key: BroughtKey): Grant | ApiError {
  if (grant !== null) return grant
  key.unknown ??= wrongKey(key.shown)
  return key.unknown
}

/** The refusal of a text that is no key of this gate. */
const wrongKey = (shown: string) => incorrectKey(shown, 'A key of a project opens this door.')
