import { GroupRef } from './groups.ts'
import { type Static, type TSchema, Type } from './json-schema.ts'
import { ProjectRef } from './projects.ts'
import { Role, RoleRef } from './roles.ts'
import { type Route, route } from './route.ts'
import { Body, Const, Enum, Id, NextList, Nullable, Params, paging, Query, Time } from './schema.ts'
import { User } from './users.ts'

/** A role somebody holds, as lists of assignments show it: without `object`, with where it comes from. */
export const AssignedRole = Type.Object({
  id: Id('The role.'),
  name: Type.String(),
  permissions: Type.Array(Type.String()),
  resource_type: Enum(['api.organization', 'api.project']),
  predefined_role: Type.Boolean(),
  description: Nullable(Type.String()),
  created_at: Nullable(Time),
  updated_at: Nullable(Time),
  created_by: Nullable(Type.String()),
  created_by_user_obj: Type.Null(),
  metadata: Type.Null(),
  assignment_sources: Type.Array(Type.Object({ principal_type: Enum(['user', 'group']), principal_id: Type.String() })),
})
export type AssignedRole = Static<typeof AssignedRole>

/** Groups in assignments carry `scim_managed`, where groups elsewhere carry `is_scim_managed`. */
const AssignmentGroup = Type.Object({
  object: Const('group'),
  id: Type.String(),
  name: Type.String(),
  created_at: Time,
  scim_managed: Type.Boolean(),
})
const UserAssignment = Type.Object({ object: Const('user.role'), user: User, role: Role })
const GroupAssignment = Type.Object({ object: Const('group.role'), group: AssignmentGroup, role: Role })

const Input = Body({ role_id: Id('The role: a custom one, or a predefined one by its short or long id.') })
const page = Query({ ...paging(1000, 1000, 0), order: Type.Optional(Enum(['asc', 'desc'])) })
const deleted = <const T extends string>(object: T) => Type.Object({ object: Const(object), deleted: Type.Boolean() })

/** The four operations on the roles that a user or a group holds in the organization or in a project. */
function assignmentRoutes<
  const P extends `/v1/${string}`,
  const I extends `/v1/${string}`,
  H extends TSchema,
  O extends TSchema,
  A extends TSchema,
  D extends TSchema,
>(shape: { path: P; item: I; who: string; holder: H; one: O; assigned: A; removed: D }) {
  const { path, item, who, holder, one, assigned, removed } = shape
  return {
    list: route({
      method: 'GET',
      path,
      summary: `List the roles of ${who}, with where each comes from`,
      permission: 'api.roles.read',
      params: holder,
      query: page,
      reply: NextList(AssignedRole),
    }),
    create: route({
      method: 'POST',
      path,
      summary: `Assign a role to ${who}`,
      permission: 'api.management.write',
      audit: 'role.assignment.created',
      params: holder,
      body: Input,
      reply: assigned,
    }),
    retrieve: route({
      method: 'GET',
      path: item,
      summary: `Retrieve a role of ${who}`,
      permission: 'api.roles.read',
      params: one,
      reply: AssignedRole,
    }),
    delete: route({
      method: 'DELETE',
      path: item,
      summary: `Take a role from ${who}`,
      permission: 'api.management.write',
      audit: 'role.assignment.deleted',
      params: one,
      reply: removed,
    }),
  } satisfies Record<string, Route>
}

const userRef = { user_id: Id('The user.') }

export const userRoles = assignmentRoutes({
  path: '/v1/organization/users/:user_id/roles',
  item: '/v1/organization/users/:user_id/roles/:role_id',
  who: 'a user in the organization',
  holder: Params(userRef),
  one: Params({ ...userRef, ...RoleRef.properties }),
  assigned: UserAssignment,
  removed: deleted('user.role.deleted'),
})

export const groupRoles = assignmentRoutes({
  path: '/v1/organization/groups/:group_id/roles',
  item: '/v1/organization/groups/:group_id/roles/:role_id',
  who: 'a group in the organization',
  holder: GroupRef,
  one: Params({ ...GroupRef.properties, ...RoleRef.properties }),
  assigned: GroupAssignment,
  removed: deleted('group.role.deleted'),
})

export const projectUserRoles = assignmentRoutes({
  path: '/v1/projects/:project_id/users/:user_id/roles',
  item: '/v1/projects/:project_id/users/:user_id/roles/:role_id',
  who: 'a user in a project',
  holder: Params({ ...ProjectRef.properties, ...userRef }),
  one: Params({ ...ProjectRef.properties, ...userRef, ...RoleRef.properties }),
  assigned: UserAssignment,
  removed: deleted('user.role.deleted'),
})

export const projectGroupRoles = assignmentRoutes({
  path: '/v1/projects/:project_id/groups/:group_id/roles',
  item: '/v1/projects/:project_id/groups/:group_id/roles/:role_id',
  who: 'a group in a project',
  holder: Params({ ...ProjectRef.properties, ...GroupRef.properties }),
  one: Params({ ...ProjectRef.properties, ...GroupRef.properties, ...RoleRef.properties }),
  assigned: GroupAssignment,
  removed: deleted('group.role.deleted'),
})
