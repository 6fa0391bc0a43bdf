import type { CatalogueModel } from '../../core/catalogue.ts'
import type { ProjectRules } from '../keys/rules.ts'
import { mayUse, modelForbidden, modelUnknown } from '../models/models.ts'
import { missing, shown, wrongType } from './refusals.ts'

/** Where models are looked up; null for one that this server does not have. */
export type ModelFinder = { find(id: string): CatalogueModel | null }

/**
 * The model that a field names, where the project may use it; policies go by the id that clients know it by.
 * @param param where it stands; the original names no parameter for the model of the request itself
 * @throws ApiError 400 where there is none, 404 where nobody has it, 403 where the project may not use it
 */
export function permittedModel(
  rules: ProjectRules,
  models: ModelFinder,
  id: unknown,
  param: string = 'model',
): CatalogueModel {
  if (id === undefined || id === null) throw missing(param)
  if (typeof id !== 'string') throw wrongType(param, 'a string', id)
  const model = models.find(id)
  if (model !== null && mayUse(rules, id)) return model
  const at = param === 'model' ? {} : { param: shown(param) }
  throw model === null ? modelUnknown(id, at) : modelForbidden(rules, id, at)
}
