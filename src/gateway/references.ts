import type { ApiError } from '../contract/error.ts'
import type { Owned } from '../core/owned.ts'
import { type Asker, isTheirs } from '../ledger/asker.ts'
import type { Owner } from '../ledger/owners.ts'
import { kinds } from './kinds/kinds.ts'

/** Something that a model server keeps, as a request names it. */
export type Reference = Owned & {
  /** As a client writes the place: `input[2].id`. */
  param: string
  /** Whether that is the path of the request. */
  isInPath?: boolean
  /**
   * Whether it may be a thing that nobody keeps, as what was thought in an answer that was not to be stored: then it says nothing.
   * Others have to be the project's.
   */
  isIfKept: boolean
}

export const NO_REFERENCES: readonly Reference[] = []

/** Most that one request names. */
export const MOST_REFERENCES = 4096

/**
 * The upstreams that a call can go to: the one that keeps what it refers to, or all where that is kept nowhere.
 * @param owners of each of the references
 * @param upstreams those that have the call's model
 * @throws ApiError 404 for what is another project's, and for what has to be kept and is not there: like something that never was
 */
export function keepersOf(
  references: readonly Reference[],
  owners: readonly (Owner | null)[],
  asker: Asker,
  upstreams: readonly string[],
): readonly string[] {
  let able = upstreams
  // What need not be kept does not choose before what has to be.
  for (const ifKept of [false, true]) {
    for (const [i, reference] of references.entries()) {
      const owner = owners[i] ?? null
      if (reference.isIfKept !== ifKept || (ifKept && owner === null)) continue
      const isHere = owner !== null && able.includes(owner.upstream)
      if (!isTheirs(owner, asker) || !(isHere || ifKept)) throw notFound(reference)
      if (isHere) able = [owner.upstream]
    }
  }
  return able
}

/** What is told of something that is nobody's, and of what is another project's. */
export const notFound = (reference: Reference): ApiError => kinds[reference.kind].notFound(reference)
