import { type Static, Type } from './json-schema.ts'
import { del, get, post } from './route.ts'
import {
  Body,
  Const,
  Deleted,
  Enum,
  Filter,
  Id,
  Name,
  NextList,
  Nullable,
  ordering,
  paging,
  Query,
  Searched,
  Time,
} from './schema.ts'

export const GroupType = Enum(['group', 'tenant_group'])

/** The original's groups carry no `object`; an update's reply leaves `group_type` out. */
const group = {
  id: Id('The group, as other operations name it.'),
  name: Type.String(),
  created_at: Time,
  is_scim_managed: Type.Boolean({ description: 'Kept by an identity provider, and read-only here.' }),
}
export const Group = Type.Object({ ...group, group_type: GroupType })
export type Group = Static<typeof Group>
export const UpdatedGroup = Type.Object(group)

const path = '/v1/organization/groups'
const one = `${path}/:group_id` as const
const Input = Body({ name: Name('The name. Names are not unique.') })

export const groups = {
  list: get(path, {
    summary: 'List groups',
    permission: 'api.groups.read',
    query: Query({
      ...paging(1000, 100, 0),
      ...ordering('asc'),
      name: Filter(Searched("What the group's name holds.")),
    }),
    reply: NextList(Group),
  }),
  create: post(path, {
    summary: 'Create a group',
    permission: 'api.groups.write',
    audit: 'group.created',
    grants: { nothing: 'a new group holds no role' },
    body: Input,
    reply: Group,
  }),
  retrieve: get(one, {
    summary: 'Retrieve a group',
    permission: 'api.groups.read',
    reply: Group,
  }),
  update: post(one, {
    summary: 'Rename a group',
    permission: 'api.groups.write',
    audit: 'group.updated',
    grants: { nothing: 'a name gives nobody anything' },
    body: Input,
    reply: UpdatedGroup,
  }),
  delete: del(one, {
    summary: 'Delete a group: its members lose what they had through it',
    permission: 'api.groups.write',
    audit: 'group.deleted',
    grants: 'rights',
    reply: Deleted('group.deleted'),
  }),
}

const GroupUser = Type.Object({
  id: Id('The user or service account.'),
  name: Type.String(),
  email: Nullable(Type.String()),
})
export type GroupUser = Static<typeof GroupUser>
const users = `${one}/users` as const
const user = `${users}/:user_id` as const
const ids = { user_id: 'The user or service account.' }

export const groupUsers = {
  list: get(users, {
    summary: "List a group's members",
    permission: 'api.groups.read',
    query: Query({ ...paging(1000, 100, 0), ...ordering('desc') }),
    reply: NextList(GroupUser),
  }),
  create: post(users, {
    summary: 'Add a user or a service account to a group',
    permission: 'api.groups.write',
    audit: 'group.updated',
    grants: 'rights',
    body: Body({ user_id: Id('The user or service account.') }),
    reply: Type.Object({ object: Const('group.user'), user_id: Type.String(), group_id: Type.String() }),
  }),
  retrieve: get(user, {
    summary: 'Retrieve a member of a group',
    ids,
    permission: 'api.groups.read',
    reply: Type.Object({
      ...GroupUser.properties,
      picture: Nullable(Type.String()),
      is_service_account: Nullable(Type.Boolean()),
      user_type: Enum(['user', 'tenant_user']),
    }),
  }),
  delete: del(user, {
    summary: 'Remove a member from a group',
    ids,
    permission: 'api.groups.write',
    audit: 'group.updated',
    grants: 'rights',
    reply: Type.Object({ object: Const('group.user.deleted'), deleted: Type.Boolean() }),
  }),
}
