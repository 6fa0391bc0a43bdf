import { type OwnedKind, ownedKinds } from '../../core/owned.ts'
import { kinds } from './kinds.ts'
import type { Offers } from './offers.ts'

/** The kinds of things that bodies may name: what nobody keeps is nobody's, and named in vain. */
export function acceptedBy(offers: Offers): ReadonlySet<OwnedKind> {
  const isKept = (kind: OwnedKind) => {
    const { offered } = kinds[kind]
    return offered !== null && offers.has(offered)
  }
  return new Set(ownedKinds.filter(isKept))
}
