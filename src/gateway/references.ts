import { ApiError } from '../contract/error.ts'
import type { Owned } from '../core/owned.ts'
import { type Asker, isTheirs } from '../ledger/asker.ts'
import type { Owner } from '../ledger/owners.ts'
import { shown } from './invalid.ts'

/** Something that a model server keeps, as a request names it. */
export type Reference = Owned & {
  /** As a client writes the place: `input[2].id`. */
  param: string
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

/** The original's sentences, for what is nobody's and for what is another project's. */
export function notFound({ kind, id, param }: Reference): ApiError {
  const named = `with id '${shown(id)}' not found.`
  if (param === 'previous_response_id')
    return new ApiError('previous_response_not_found', `Previous response ${named}`, { param })
  if (kind === 'response') return new ApiError('not_found', `Response ${named}`, { param })
  const advice =
    'Items are not persisted when `store` is set to false. Try again with `store` set to true, or remove this item from your input.'
  return new ApiError('item_not_found', `Item ${named} ${advice}`, { param })
}
