import { ApiError } from '../contract/error.ts'
import { contract } from '../contract/index.ts'
import type { PermissionEntry, permissions as routes } from '../contract/permissions.ts'
import type { Route } from '../contract/route.ts'
import {
  permissions as all,
  customPermissions,
  type ModelPermission,
  type Permission,
  predefinedRoles,
} from '../core/permission.ts'
import type { Handlers } from './handlers.ts'
import { page } from './page.ts'

export const permissions: Handlers<typeof routes> = {
  async list({ query }) {
    const { after } = query
    const known = (all as readonly string[]).indexOf(after ?? '')
    if (after && known < 0) {
      const message = `Invalid 'after': '${after}' is not the ID of an object of this list.`
      throw new ApiError('invalid_value', message, { param: 'after' })
    }
    return page(all.slice(known + 1), query.limit, entry)
  },
}

/** What routes of the gate ask for, in words: `test/gateway/permissions.test.ts` compares them with the routes. */
export const atTheGate: Record<ModelPermission, string> = {
  'api.model.read': 'List and retrieve models.',
  'api.model.request':
    'Call models: chat, completions, messages, embeddings, moderations, images, audio, rerank, score, classify, pooling, tokenize, detokenize; retrieve, change and delete stored chats.',
  'api.responses.read':
    'Retrieve responses and their input items, conversations and their items, containers and their files.',
  'api.responses.write':
    'Create, compact, count, cancel and delete responses; create, change and delete conversations and their items; create, fill and delete containers.',
  'api.files.read': 'List and retrieve files, and their content.',
  'api.files.write': 'Upload and delete files.',
  'api.webhooks.read': 'List and retrieve webhook endpoints, and what did not reach them.',
  'api.webhooks.write': 'Create, change, test and delete webhook endpoints, and rotate their secrets.',
  'api.vector_stores.read': 'List, retrieve and search vector stores, and the files in them.',
  'api.vector_stores.write': 'Create, change and delete vector stores, and what is in them.',
  'api.batch.read': 'List and retrieve batches.',
  'api.batch.write': 'Create and cancel batches.',
}

function entry(id: Permission): PermissionEntry {
  const gate: Partial<Record<Permission, string>> = atTheGate
  return {
    object: 'organization.permission',
    id,
    predefined_roles: predefinedRoles.filter(({ permissions }) => permissions.includes(id)).map((role) => role.id),
    custom_roles: (['organization', 'project'] as const).filter((level) => customPermissions(level).includes(id)),
    operations: operationsOf(id),
    models: gate[id] ?? null,
  }
}

/** What in the contract asks for it. What a route of a project's asks for counts in that project too. */
function operationsOf(id: Permission): PermissionEntry['operations'] {
  return Object.entries(contract).flatMap(([resource, declared]) =>
    Object.entries(declared as Record<string, Route>)
      .filter(([, { permission }]) => permission === id)
      .map(([verb, { method, path, summary }]) => ({ id: `${resource}.${verb}`, method, path, summary })),
  )
}
