import type { FormFields } from '../body/fields.ts'
import { notOffered } from '../invalid.ts'
import type { FormShape } from '../routes/declaration.ts'
import type { NamedModel } from '../rules/rule.ts'
import type { Court } from './court.ts'
import { namedModel } from './named-models.ts'
import { namesModel } from './searched.ts'

/**
 * Judges models that are named within a field, such as `svg[model]`: what another model is to draw.
 * @throws ApiError 400 for a field that names what another project may own, 404 or 403 for a model
 */
export function modelsInForm(court: Court, shape: FormShape, fields: FormFields['fields']): NamedModel[] {
  const found: NamedModel[] = []
  for (const [name, value] of fields) {
    if (name === shape.model) continue
    const steps = name.split(/[[\].]+/)
    if (steps.some((step) => /^(file|skill|container|vector_store)_ids?$/i.test(step))) throw notOffered(name)
    if (!steps.some(namesModel)) continue
    found.push({ model: namedModel(court, value, [name], name), param: name })
  }
  return found
}
