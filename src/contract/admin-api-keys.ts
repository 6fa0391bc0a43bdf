import { type Static, Type } from './json-schema.ts'
import { DISABLING, Disabled } from './project-api-keys.ts'
import { del, get, post } from './route.ts'
import { Body, Const, Deleted, Enum, Id, List, Name, Nullable, OurOwn, paging, Query, Time } from './schema.ts'

/** Seconds, a year at most. */
const Lifetime = Type.Integer({ minimum: 1, maximum: 31_536_000, description: 'Omitted: that of the key you use.' })

export const AdminApiKey = Type.Object({
  object: Const('organization.admin_api_key'),
  id: Id('The key, as other operations name it; never the secret.'),
  name: Nullable(Type.String()),
  redacted_value: Type.String(),
  created_at: Time,
  expires_at: Nullable(Time),
  last_used_at: Nullable(Time),
  disabled_at: OurOwn(Nullable(Time), DISABLING),
  owner: Type.Object({
    type: Const('user'),
    object: Const('organization.user'),
    id: Type.String(),
    name: Type.String(),
    created_at: Time,
    role: Type.String(),
  }),
})
export type AdminApiKey = Static<typeof AdminApiKey>

export const AdminApiKeyWithValue = Type.Object({
  ...AdminApiKey.properties,
  value: Type.String({ description: 'The secret. Shown here and never again.' }),
})

const path = '/v1/organization/admin_api_keys'
const one = `${path}/:key_id` as const

export const adminApiKeys = {
  list: get(path, {
    summary: 'List admin API keys',
    permission: 'api.management.read',
    query: Query({ ...paging(), order: Enum(['asc', 'desc'], { default: 'asc', description: 'By creation.' }) }),
    reply: List(AdminApiKey),
  }),
  create: post(path, {
    summary: 'Create an admin API key for yourself, with the scopes of the key you use; it ends no later',
    permission: 'api.management.write',
    audit: 'api_key.created',
    grants: 'rights',
    body: Body({
      name: Name('What the key is for.'),
      expires_in_seconds: Type.Optional(Lifetime),
    }),
    reply: AdminApiKeyWithValue,
  }),
  retrieve: get(one, {
    summary: 'Retrieve an admin API key',
    permission: 'api.management.read',
    reply: AdminApiKey,
  }),
  update: post(one, {
    summary: 'Disable an admin API key, or enable it again; not the one you use',
    permission: 'api.management.write',
    audit: 'api_key.updated',
    grants: 'rights',
    extension: 'The original ends a key by deleting it only.',
    body: Body({ disabled: Disabled }),
    reply: AdminApiKey,
  }),
  delete: del(one, {
    summary: 'Delete an admin API key; not the one you use',
    permission: 'api.management.write',
    audit: 'api_key.deleted',
    grants: { nothing: 'deleting a key goes by permission, whosever it is' },
    reply: Deleted('organization.admin_api_key.deleted'),
  }),
}
