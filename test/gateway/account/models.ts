import { invalid, missing } from './errors.ts'
import { type Had, type Referred, refer } from './references.ts'
import type { Body, Routes } from './server.ts'

export function modelRoutes(models: readonly string[]): Routes {
  const data = models.map((id) => ({ id, object: 'model', created: 1_700_000_000, owned_by: 'system' }))
  return {
    'GET /v1/models': () => ({ object: 'list', data }),
    'GET /v1/models/{id}': ({ ids: [id = ''] }) => {
      const model = data.find((one) => one.id === id)
      if (!model) throw missing.model(id)
      return model
    },
  }
}

/** What a call of a model refers to. @throws Refusal where it cannot be answered */
export function checked(had: Had, body: Body, models: readonly string[]): Referred {
  if (typeof body.model !== 'string')
    throw invalid("Missing required parameter: 'model'.", 'model', 'missing_required_parameter')
  if (!models.includes(body.model)) throw missing.model(body.model)
  return refer(had, body)
}

/** What is answered names the files that were given, so that a test sees what came through. */
export const said = ({ files }: Referred) => (files.length > 0 ? `Given: ${files.join(' ')}` : 'Nothing was given.')
