import { ApiError } from '../contract/error.ts'
import type { Owned } from '../core/owned.ts'
import type { Owner } from '../ledger/owners.ts'
import { shown } from './invalid.ts'

/** Something that a model server keeps, as a request names it. */
export type Reference = Owned & {
  /** As a client writes the place: `input[2].id`. */
  param: string
}

export const NO_REFERENCES: readonly Reference[] = []

/** Most that one request names. */
export const MOST_REFERENCES = 4096

/**
 * The upstream that keeps all that a call refers to, as a list of one.
 * @param references one at least
 * @param owners of each of them
 * @param upstreams those that have the call's model
 * @throws ApiError 404 for what is not the project's, or is kept elsewhere: like something that never was
 */
export function keeperOf(
  references: readonly Reference[],
  owners: readonly (Owner | null)[],
  { organizationId, projectId }: Pick<Owner, 'organizationId' | 'projectId'>,
  upstreams: readonly string[],
): readonly string[] {
  let able = upstreams
  for (const [i, reference] of references.entries()) {
    const owner = owners[i] ?? null
    const isTheirs = owner?.organizationId === organizationId && owner.projectId === projectId
    if (!isTheirs || !able.includes(owner.upstream)) throw notFound(reference)
    able = [owner.upstream]
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
