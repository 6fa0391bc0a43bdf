import { BUILT_IN_UPSTREAM, type Catalogue } from '../core/catalogue.ts'
import { type DefaultModels, defaultedCalls } from '../core/default-model.ts'
import { isHidden } from '../core/model-list.ts'
import { isModelName } from '../core/model-name.ts'
import type { UpstreamConfigs } from './upstreams.ts'

/**
 * What is wrong with the models that calls mean which name none, as far as it can be known before any model server was asked:
 * what one lists may be a model.
 */
export function flawsOfDefaults(defaults: DefaultModels, models: Catalogue, upstreams: UpstreamConfigs): string[] {
  return defaultedCalls.flatMap((call) => {
    const id = defaults[call]
    if (id === null || models.has(id)) return []
    const mayBeListed = isModelName(id) && [...upstreams.keys()].some((name) => !isHidden(models, id, name))
    const isBuiltIn = upstreams.size === 0 && id === BUILT_IN_UPSTREAM
    if (mayBeListed || isBuiltIn) return []
    return [`GATEHOUSE_CONFIG: default_models.${call} names the model ${JSON.stringify(id)}, which is not there`]
  })
}
