import type { Declaration } from './declaration.ts'
import { bare, unmetered } from './parts.ts'

const answered = {
  ...bare,
  ...unmetered,
  api: 'either',
  method: 'GET',
  permission: 'api.model.read',
  answeredBy: 'catalogue',
} as const

/** The models that a project may use, which the gate knows itself. */
export const models = {
  'models.list': { ...answered, path: '/v1/models' },
  'models.retrieve': { ...answered, path: '/v1/models/{model}' },
} as const satisfies Record<string, Declaration>
