import type { CatalogueModel } from '../../core/catalogue.ts'
import { isGiven } from '../body/fields.ts'
import type { Court } from './court.ts'
import { namedModel } from './named-models.ts'

/**
 * The model of the call itself: the one that it names, or else the one that calls of its kind mean, which is judged like one
 * that was named and sent with it.
 * @throws ApiError 400 where there is none, 404 where nobody has it, 403 where the project may not use it
 */
export function ownModel(court: Court, id: unknown): CatalogueModel {
  if (isGiven(id) || court.defaultModel === null) return namedModel(court, id)
  const model = namedModel(court, court.defaultModel)
  court.edits.set('model', model.upstreamName, { kind: 'left_out' })
  return model
}
