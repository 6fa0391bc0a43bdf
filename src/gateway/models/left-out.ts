import { type DefaultModels, defaultedCalls, originalDefaults } from '../../core/default-model.ts'
import type { Log } from '../../core/log.ts'
import { isForm, isGiven, type JudgedBody } from '../body/fields.ts'
import type { GatewayRoute } from '../routes/table.ts'
import type { ModelCatalogue } from './model-catalogue.ts'
import type { Asking, Models } from './models.ts'

/**
 * The model that a body means which names none: the configuration's, else the original's where this server has that; null
 * where there is none, and where the body says something, whatever it is.
 */
export async function modelLeftOut(
  { defaultModels, catalogue }: { defaultModels: DefaultModels; catalogue: Pick<Models, 'models' | 'find'> },
  project: Asking,
  { body: shape }: Pick<GatewayRoute, 'body'>,
  body: JudgedBody,
): Promise<string | null> {
  if ((shape.kind !== 'json' && shape.kind !== 'form') || shape.leftOut === null || body === null) return null
  if (isGiven(isForm(body) ? body.fields.get(shape.model) : body.fields[shape.model])) return null
  const original = originalDefaults[shape.leftOut]
  const configured = defaultModels[shape.leftOut]
  if (configured !== null || original === null) return configured
  await catalogue.models()
  return catalogue.find(project, original) === null ? null : original
}

/** Logs which of the configuration's no model server lists, once they were asked: calls that mean it are 404 until one does. */
export async function tellUnknown(
  defaultModels: DefaultModels,
  catalogue: Pick<ModelCatalogue, 'lookUp'>,
  log: Pick<Log, 'error'>,
): Promise<void> {
  for (const call of defaultedCalls) {
    const model = defaultModels[call]
    if (model === null || (await catalogue.lookUp(model)) !== null) continue
    log.error({ model }, `default_models.${call} names a model that no model server lists`)
  }
}
