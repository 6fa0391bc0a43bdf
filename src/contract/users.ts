import { type Static, Type } from './json-schema.ts'
import { del, get, post } from './route.ts'
import {
  Body,
  Const,
  Deleted,
  Email,
  Enum,
  Filter,
  Id,
  List,
  Nullable,
  paging,
  Query,
  Searched,
  Text,
  Time,
} from './schema.ts'

export const OrganizationRole = Enum(['owner', 'reader'], { description: '`owner` or `reader`.' })

const NullableText = Nullable(Type.String())

/** Fields beyond id, name, e-mail and role are the original's; those that mean nothing here are constant. */
export const User = Type.Object({
  object: Const('organization.user'),
  id: Id('The user, as other operations name it.'),
  name: NullableText,
  email: NullableText,
  role: Nullable(OrganizationRole),
  added_at: Time,
  created: Time,
  is_default: Type.Boolean(),
  is_service_account: Type.Boolean(),
  is_scale_tier_authorized_purchaser: Nullable(Type.Boolean()),
  is_scim_managed: Type.Boolean(),
  api_key_last_used_at: Nullable(Time),
  technical_level: NullableText,
  developer_persona: NullableText,
  projects: Type.Null({ description: 'Never included: list the users of a project instead.' }),
  user: Type.Object({
    object: Const('user'),
    id: Type.String(),
    email: NullableText,
    name: NullableText,
    picture: NullableText,
    enabled: Nullable(Type.Boolean()),
    banned: Nullable(Type.Boolean()),
    banned_at: Nullable(Time),
  }),
})
export type User = Static<typeof User>

const path = '/v1/organization/users'
const one = `${path}/:user_id` as const

export const users = {
  list: get(path, {
    summary: "List the organization's users, oldest first",
    permission: 'api.management.read',
    query: Query({
      ...paging(),
      emails: Type.Optional(
        Type.Array(Email('An e-mail address, compared without regard to case.'), { maxItems: 100 }),
      ),
      name: Filter(Searched("What the user's name or e-mail address holds.")),
    }),
    reply: List(User),
  }),
  retrieve: get(one, {
    summary: 'Retrieve a user',
    permission: 'api.management.read',
    reply: User,
  }),
  update: post(one, {
    summary: "Change a user's role in the organization",
    permission: 'api.management.write',
    audit: 'user.updated',
    grants: 'rights',
    body: Body({
      role: Type.Optional(Nullable(OrganizationRole)),
      role_id: Type.Optional(Nullable(Id('A predefined organization role, as an id.'))),
      technical_level: Type.Optional(Nullable(Text('Profile text.'))),
      developer_persona: Type.Optional(Nullable(Text('Profile text.'))),
    }),
    reply: User,
  }),
  delete: del(one, {
    summary: 'Remove a user from the organization and all its projects; their keys stop working',
    permission: 'api.management.write',
    audit: 'user.deleted',
    grants: 'rights',
    reply: Deleted('organization.user.deleted'),
  }),
}
