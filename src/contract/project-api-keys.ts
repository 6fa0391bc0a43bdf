import { type Static, Type } from './json-schema.ts'
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
  OurOwn,
  ownOrdering,
  paging,
  Query,
  Searched,
  Time,
} from './schema.ts'

/** Seconds. The original states no maximum; ten years is one that still says "this key ends". */
export const KeyLifetime = Type.Integer({ minimum: 1, maximum: 315_360_000 })
export const KeyScopes = Type.Array(Type.String({ maxLength: 255 }), {
  maxItems: 100,
  description:
    "What the key is narrowed to. An empty list narrows nothing: all that its owner may do. ['api.all.read'] is read-only.",
})

export const Disabled = Type.Boolean({ description: 'Whether the key opens nothing until it is enabled again.' })

export const KeyStatus = Enum(['active', 'disabled', 'expired'], {
  description: 'An expired key is just that, disabled or not.',
})

const OLDER = 'an older description of a key has its owner as the project shows them'

/** Why keys have this field. */
export const DISABLING = 'the original ends a key by deleting it only'

export const ProjectApiKey = Type.Object({
  object: Const('organization.project.api_key'),
  id: Id('The key, as other operations name it; never the secret.'),
  name: Type.String(),
  redacted_value: Type.String(),
  created_at: Time,
  expires_at: Nullable(Time),
  last_used_at: Nullable(Time),
  disabled_at: OurOwn(Nullable(Time), DISABLING),
  owner_project_access: Enum(['active', 'inactive'], { description: 'Whether the owner can use the project now.' }),
  owner: Type.Object({
    type: Enum(['user', 'service_account']),
    user: Type.Optional(
      Type.Object({
        object: OurOwn(Const('organization.project.user'), OLDER),
        added_at: OurOwn(Time, OLDER),
        id: Type.String(),
        email: Type.String(),
        name: Type.String(),
        created_at: Time,
        role: Type.String(),
      }),
    ),
    service_account: Type.Optional(
      Type.Object({
        object: OurOwn(Const('organization.project.service_account'), OLDER),
        id: Type.String(),
        name: Type.String(),
        created_at: Time,
        role: Type.String(),
      }),
    ),
  }),
})
export type ProjectApiKey = Static<typeof ProjectApiKey>

export const ProjectApiKeyWithValue = Type.Object({
  ...ProjectApiKey.properties,
  value: Type.String({ description: 'The secret. Shown here and never again.' }),
})

const path = '/v1/organization/projects/:project_id/api_keys'
const one = `${path}/:api_key_id` as const

export const projectApiKeys = {
  list: get(path, {
    summary: "List a project's API keys, oldest first unless asked otherwise",
    permission: 'api.organization.projects.api_keys.read',
    query: Query({
      ...paging(),
      ...ownOrdering,
      owner_project_access: Type.Optional(
        Enum(['active', 'inactive', 'any'], {
          description: 'Keys whose owner can use the project now (also when omitted), cannot, or both.',
        }),
      ),
      name: Filter(Searched("What the key's name holds.")),
      status: Filter(KeyStatus),
      owner_id: Filter(Id('The user or the service account that owns the key.')),
    }),
    reply: List(ProjectApiKey),
  }),
  create: post(path, {
    summary:
      'Create a key of your own for a project that you use; for somebody else who is in it if you may write its keys',
    permission: 'api.model.request',
    audit: 'api_key.created',
    grants: 'rights',
    extension: 'The original makes the keys of users in its web application only.',
    body: Body({
      name: Name('What the key is for.'),
      scopes: Type.Optional(KeyScopes),
      expires_in_seconds: Type.Optional(Nullable(KeyLifetime)),
      user_id: Type.Optional(Nullable(Id('Whose key it is to be. Omitted: yours.'))),
    }),
    reply: ProjectApiKeyWithValue,
  }),
  retrieve: get(one, {
    summary: 'Retrieve a project API key',
    permission: 'api.organization.projects.api_keys.read',
    reply: ProjectApiKey,
  }),
  update: post(one, {
    summary: "Change a key's scopes, its expiry, which counts from this request, or both; disable and enable it",
    permission: 'api.organization.projects.api_keys.write',
    audit: 'api_key.updated',
    grants: 'rights',
    body: Body({
      scopes: Type.Optional(KeyScopes),
      expires_in_seconds: Type.Optional(KeyLifetime),
      disabled: Type.Optional(OurOwn(Disabled, DISABLING)),
    }),
    reply: ProjectApiKey,
  }),
  delete: del(one, {
    summary: 'Delete a project API key, whoever owns it',
    permission: 'api.organization.projects.api_keys.write',
    audit: 'api_key.deleted',
    grants: { nothing: 'deleting a key goes by permission, whosever it is' },
    reply: Deleted('organization.project.api_key.deleted'),
  }),
}
