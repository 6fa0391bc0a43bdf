import { type Static, Type } from './json-schema.ts'
import { Disabled, KeyStatus } from './project-api-keys.ts'
import { del, get, ours, post } from './route.ts'
import { Body, Const, Deleted, Enum, Id, List, Nullable, ordering, paging, Query, Searched, Time } from './schema.ts'

/** A key of any kind, as lists that go over several projects show it. */
export const ApiKey = Type.Object({
  object: Const('organization.api_key'),
  id: Id('The key, as other operations name it; never the secret.'),
  kind: Enum(['project', 'admin'], { description: 'What it opens: models for a project, or the Administration API.' }),
  name: Type.String(),
  redacted_value: Type.String(),
  scopes: Type.Array(Type.String(), { description: 'What it is narrowed to. Empty: it is not narrowed.' }),
  status: KeyStatus,
  created_at: Time,
  expires_at: Nullable(Time),
  last_used_at: Nullable(Time),
  disabled_at: Nullable(Time),
  disabled_by: Nullable(Id('The user who disabled it.')),
  project: Type.Union([Type.Object({ id: Id('The project.'), name: Type.String() }), Type.Null()]),
  owner: Type.Object({
    type: Enum(['user', 'service_account']),
    id: Id('The user or the service account.'),
    name: Type.String(),
    email: Nullable(Type.String()),
  }),
})
export type ApiKey = Static<typeof ApiKey>

const filters = {
  ...paging(),
  ...ordering('asc'),
  name: Type.Optional(Searched("What the key's name holds.")),
  status: Type.Optional(KeyStatus),
  kind: Type.Optional(Enum(['project', 'admin'])),
}

export const apiKeys = ours('The original lists the keys of one project at a time.', {
  list: get('/v1/organization/api_keys', {
    summary: 'List every key of the organization: admin keys, and the keys of projects that are not archived',
    permission: 'api.management.read',
    query: Query({
      ...filters,
      owner_id: Type.Optional(Id('The user or the service account that owns the key.')),
    }),
    reply: List(ApiKey),
  }),
})

const mine = '/v1/organization/me/api_keys'
const one = `${mine}/:api_key_id` as const

export const myApiKeys = ours('The original shows somebody their keys in its web application only.', {
  list: get(mine, {
    summary: "List one's own keys: admin keys, and those of projects that are not archived",
    permission: 'own.read',
    query: Query(filters),
    reply: List(ApiKey),
  }),
  update: post(one, {
    summary: "Disable a key of one's own in a project, or enable it again where one disabled it oneself",
    permission: 'own.write',
    audit: 'api_key.updated',
    grants: 'rights',
    body: Body({ disabled: Disabled }),
    reply: ApiKey,
  }),
  delete: del(one, {
    summary: "Delete a key of one's own in a project",
    permission: 'own.write',
    audit: 'api_key.deleted',
    grants: { nothing: "deleting a key of one's own takes nothing from anybody else" },
    reply: Deleted('organization.project.api_key.deleted'),
  }),
})
