import type { Declaration } from './declaration.ts'
import { bare } from './parts.ts'

const answered = { ...bare, method: 'GET', permission: 'api.model.read', answeredBy: 'gate' } as const

/** The models that a project may use, which the gate knows itself. */
export const models = {
  'models.list': { ...answered, path: '/v1/models' },
  'models.retrieve': { ...answered, path: '/v1/models/{model}' },
} as const satisfies Record<string, Declaration>
