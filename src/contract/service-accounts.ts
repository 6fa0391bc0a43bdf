import { type Static, Type } from './json-schema.ts'
import { KeyLifetime, KeyScopes } from './project-api-keys.ts'
import { ProjectRole } from './project-users.ts'
import { del, get, post } from './route.ts'
import {
  Body,
  Const,
  Deleted,
  Enum,
  Filter,
  Id,
  List,
  Name,
  Nullable,
  ownOrdering,
  paging,
  Query,
  Searched,
  Time,
} from './schema.ts'

const account = {
  object: Const('organization.project.service_account'),
  id: Id('The service account, as other operations name it.'),
  name: Type.String(),
  created_at: Time,
}
export const ServiceAccount = Type.Object({ ...account, role: Enum(['owner', 'member', 'none']) })
export type ServiceAccount = Static<typeof ServiceAccount>

export const ServiceAccountKey = Type.Object({
  object: Const('organization.project.service_account.api_key'),
  id: Id('The key, as other operations name it; never the secret.'),
  name: Type.String(),
  value: Type.String({ description: 'The secret. Shown here and never again.' }),
  created_at: Time,
  expires_at: Nullable(Time),
})
export type ServiceAccountKey = Static<typeof ServiceAccountKey>

const path = '/v1/organization/projects/:project_id/service_accounts'
const one = `${path}/:service_account_id` as const

export const serviceAccounts = {
  list: get(path, {
    summary: "List a project's service accounts, oldest first unless asked otherwise",
    permission: 'api.management.read',
    refusesArchived: true,
    query: Query({ ...paging(), ...ownOrdering, name: Filter(Searched("What the service account's name holds.")) }),
    reply: List(ServiceAccount),
  }),
  create: post(path, {
    summary: 'Create a service account and, unless told otherwise, its first key',
    permission: 'api.management.write',
    audit: 'service_account.created',
    grants: 'rights',
    body: Body({
      name: Name('The name of the service account, and of its first key.'),
      create_service_account_only: Type.Optional(
        Nullable(Type.Boolean({ description: 'No key and no role (`none`).' })),
      ),
      expires_in_seconds: Type.Optional(Nullable(KeyLifetime)),
    }),
    reply: Type.Object({
      ...account,
      role: Enum(['member', 'none']),
      api_key: Type.Union([ServiceAccountKey, Type.Null()]),
    }),
  }),
  retrieve: get(one, {
    summary: 'Retrieve a service account',
    permission: 'api.management.read',
    reply: ServiceAccount,
  }),
  update: post(one, {
    summary: 'Change the name or the role of a service account',
    permission: 'api.management.write',
    audit: 'service_account.updated',
    grants: 'rights',
    body: Body({ name: Type.Optional(Name('The new name.')), role: Type.Optional(ProjectRole) }),
    reply: ServiceAccount,
  }),
  delete: del(one, {
    summary: 'Delete a service account and its keys',
    permission: 'api.management.write',
    audit: 'service_account.deleted',
    grants: 'rights',
    reply: Deleted('organization.project.service_account.deleted'),
  }),
  createApiKey: post(`${one}/api_keys`, {
    summary: 'Create a further key for a service account',
    permission: 'api.management.write',
    audit: 'api_key.created',
    grants: 'rights',
    body: Body({
      name: Type.Optional(Name('The name of the key. Omitted: the name of the service account.')),
      scopes: Type.Optional(KeyScopes),
      expires_in_seconds: Type.Optional(Nullable(KeyLifetime)),
    }),
    reply: ServiceAccountKey,
  }),
}
