import { type Static, type TSchema, Type } from './json-schema.ts'
import { Role } from './roles.ts'
import { del, get, post } from './route.ts'
import { Body, Const, Enum, Id, NextList, Nullable, paging, Query, Time } from './schema.ts'
import { User } from './users.ts'

/** What assigning a role asks for, and with that whatever takes an assignment away. */
export const ASSIGNING = 'api.management.write'

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
function assignmentRoutes<P extends `/${string}`, I extends `/${string}`, A extends TSchema, D extends TSchema>(
  path: P,
  item: I,
  { who, assigned, removed }: { who: string; assigned: A; removed: D },
) {
  return {
    list: get(path, {
      summary: `List the roles of ${who}, with where each comes from`,
      permission: 'api.roles.read',
      query: page,
      reply: NextList(AssignedRole),
    }),
    create: post(path, {
      summary: `Assign a role to ${who}`,
      permission: ASSIGNING,
      audit: 'role.assignment.created',
      grants: 'rights',
      body: Input,
      reply: assigned,
    }),
    retrieve: get(item, {
      summary: `Retrieve a role of ${who}`,
      permission: 'api.roles.read',
      reply: AssignedRole,
    }),
    delete: del(item, {
      summary: `Take a role from ${who}`,
      permission: ASSIGNING,
      audit: 'role.assignment.deleted',
      grants: 'rights',
      reply: removed,
    }),
  }
}

const ofUser = { assigned: UserAssignment, removed: deleted('user.role.deleted') }
const ofGroup = { assigned: GroupAssignment, removed: deleted('group.role.deleted') }

export const userRoles = assignmentRoutes(
  '/v1/organization/users/:user_id/roles',
  '/v1/organization/users/:user_id/roles/:role_id',
  { who: 'a user in the organization', ...ofUser },
)

export const groupRoles = assignmentRoutes(
  '/v1/organization/groups/:group_id/roles',
  '/v1/organization/groups/:group_id/roles/:role_id',
  { who: 'a group in the organization', ...ofGroup },
)

export const projectUserRoles = assignmentRoutes(
  '/v1/projects/:project_id/users/:user_id/roles',
  '/v1/projects/:project_id/users/:user_id/roles/:role_id',
  { who: 'a user in a project', ...ofUser },
)

export const projectGroupRoles = assignmentRoutes(
  '/v1/projects/:project_id/groups/:group_id/roles',
  '/v1/projects/:project_id/groups/:group_id/roles/:role_id',
  { who: 'a group in a project', ...ofGroup },
)
