import { type Static, Type } from './json-schema.ts'
import { route } from './route.ts'
import {
  Body,
  Const,
  Deleted,
  Enum,
  Id,
  Name,
  NextList,
  Nullable,
  ordering,
  Params,
  paging,
  Query,
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

export const GroupRef = Params({ group_id: Id('The group.') })
const path = '/v1/organization/groups'
const one = `${path}/:group_id` as const
const Input = Body({ name: Name('The name. Names are not unique.') })

export const groups = {
  list: route({
    method: 'GET',
    path,
    summary: 'List groups',
    permission: 'api.groups.read',
    query: Query({ ...paging(1000, 100, 0), ...ordering('asc') }),
    reply: NextList(Group),
  }),
  create: route({
    method: 'POST',
    path,
    summary: 'Create a group',
    permission: 'api.groups.write',
    audit: 'group.created',
    body: Input,
    reply: Group,
  }),
  retrieve: route({
    method: 'GET',
    path: one,
    summary: 'Retrieve a group',
    permission: 'api.groups.read',
    params: GroupRef,
    reply: Group,
  }),
  update: route({
    method: 'POST',
    path: one,
    summary: 'Rename a group',
    permission: 'api.groups.write',
    audit: 'group.updated',
    params: GroupRef,
    body: Input,
    reply: UpdatedGroup,
  }),
  delete: route({
    method: 'DELETE',
    path: one,
    summary: 'Delete a group: its members lose what they had through it',
    permission: 'api.groups.write',
    audit: 'group.deleted',
    params: GroupRef,
    reply: Deleted('group.deleted'),
  }),
}

const GroupUser = Type.Object({
  id: Id('The user or service account.'),
  name: Type.String(),
  email: Nullable(Type.String()),
})
export type GroupUser = Static<typeof GroupUser>
const ref = Params({ ...GroupRef.properties, user_id: Id('The user or service account.') })
const users = `${one}/users` as const

export const groupUsers = {
  list: route({
    method: 'GET',
    path: users,
    summary: "List a group's members",
    permission: 'api.groups.read',
    params: GroupRef,
    query: Query({ ...paging(1000, 100, 0), ...ordering('desc') }),
    reply: NextList(GroupUser),
  }),
  create: route({
    method: 'POST',
    path: users,
    summary: 'Add a user or a service account to a group',
    permission: 'api.groups.write',
    audit: 'group.updated',
    params: GroupRef,
    body: Body({ user_id: Id('The user or service account.') }),
    reply: Type.Object({ object: Const('group.user'), user_id: Type.String(), group_id: Type.String() }),
  }),
  retrieve: route({
    method: 'GET',
    path: `${users}/:user_id`,
    summary: 'Retrieve a member of a group',
    permission: 'api.groups.read',
    params: ref,
    reply: Type.Object({
      ...GroupUser.properties,
      picture: Nullable(Type.String()),
      is_service_account: Nullable(Type.Boolean()),
      user_type: Enum(['user', 'tenant_user']),
    }),
  }),
  delete: route({
    method: 'DELETE',
    path: `${users}/:user_id`,
    summary: 'Remove a member from a group',
    permission: 'api.groups.write',
    audit: 'group.updated',
    params: ref,
    reply: Type.Object({ object: Const('group.user.deleted'), deleted: Type.Boolean() }),
  }),
}
