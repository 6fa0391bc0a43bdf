import type { IncomingMessage } from 'node:http'
import { incorrectKey, missingKey } from '../../contract/error.ts'
import { bearer, hashSecret, keyKind, showKey } from '../../core/key.ts'
import type { Grant } from './grant.ts'
import type { Grants } from './grants.ts'

/** A key that was brought, without its secret: what it is found by, and how it is shown to whoever brought it. */
export type BroughtKey = { hash: string; shown: string }

/** The header that a connection brought last, and its key: clients keep both, and to compare costs less than to hash. */
const brought = new WeakMap<object, BroughtKey & { authorization: string | undefined }>()

/**
 * The key that a request brings. From here on nobody has its secret in hand.
 * @throws ApiError 401 where there is none, or one that is none of ours by its form: a mistyped key costs no look-up
 */
export function broughtKey({ headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>): BroughtKey {
  const { authorization } = headers
  const last = brought.get(socket)
  if (last !== undefined && last.authorization === authorization) return last
  const token = bearer(authorization, missingKey)
  const shown = showKey(token)
  if (keyKind(token) === null) throw wrongKey({ shown })
  const key = { authorization, hash: hashSecret(token), shown }
  brought.set(socket, key)
  return key
}

/**
 * Whose key this is: from memory, or with one look-up that callers share. A promise only where it is looked up: all else of a
 * call that came in one piece is there in the same turn.
 * @throws ApiError 401 for a key that nobody has
 */
export function identify(grants: Grants, key: BroughtKey): Grant | Promise<Grant> {
  const warm = grants.peek(key.hash)
  if (warm === undefined) return grants.serve(key.hash).then((grant) => known(grant, key))
  return known(warm, key)
}

function known(grant: Grant | null, key: BroughtKey): Grant {
  if (grant === null) throw wrongKey(key)
  return grant
}

/** The refusal of a text that is no key of this gate. */
const wrongKey = ({ shown }: Pick<BroughtKey, 'shown'>) => incorrectKey(shown, 'A key of a project opens this door.')
