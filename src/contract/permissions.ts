import { type Static, Type } from './json-schema.ts'
import { get, ours } from './route.ts'
import { Const, Enum, List, Nullable, paging, Query } from './schema.ts'

export const PermissionEntry = Type.Object({
  object: Const('organization.permission'),
  id: Type.String({ description: 'Its name, as roles hold it and refusals say it.' }),
  predefined_roles: Type.Array(Type.String(), {
    description: 'The predefined roles that hold it, by their short ids.',
  }),
  custom_roles: Type.Array(Enum(['organization', 'project']), { description: 'Where a custom role may hold it.' }),
  operations: Type.Array(
    Type.Object({
      id: Type.String(),
      method: Enum(['GET', 'POST', 'DELETE']),
      path: Type.String(),
      summary: Type.String(),
    }),
    { description: 'What of the Administration API asks for it.' },
  ),
  models: Nullable(Type.String({ description: 'What it opens at the gate; null: nothing.' })),
})
export type PermissionEntry = Static<typeof PermissionEntry>

export const permissions = ours('The original has this catalogue in its guides only.', {
  list: get('/v1/organization/permissions', {
    summary: 'List every permission: who holds it, and what it opens on this server',
    permission: 'api.roles.read',
    query: Query(paging(100, 100)),
    reply: List(PermissionEntry),
  }),
})
