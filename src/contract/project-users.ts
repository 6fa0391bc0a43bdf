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
  Time,
} from './schema.ts'

export const ProjectRole = Enum(['owner', 'member'], { description: '`owner` or `member`.' })

export const ProjectUser = Type.Object({
  object: Const('organization.project.user'),
  id: Id('The user, as other operations name it.'),
  name: Nullable(Type.String()),
  email: Nullable(Type.String()),
  role: Enum(['owner', 'member', 'viewer', 'none'], { description: 'The strongest predefined role.' }),
  added_at: Time,
})
export type ProjectUser = Static<typeof ProjectUser>

const path = '/v1/organization/projects/:project_id/users'
const one = `${path}/:user_id` as const

export const projectUsers = {
  list: get(path, {
    summary: "List a project's users; the organization's owners are owners of every project",
    permission: 'api.management.read',
    refusesArchived: true,
    query: Query({ ...paging(), name: Filter(Searched("What the user's name or e-mail address holds.")) }),
    reply: List(ProjectUser),
  }),
  create: post(path, {
    summary: 'Add a user of the organization to a project',
    permission: 'api.management.write',
    audit: 'user.added',
    grants: 'rights',
    body: Body({
      role: ProjectRole,
      user_id: Type.Optional(Nullable(Id('The user. This or `email` is needed.'))),
      email: Type.Optional(Nullable(Email('The e-mail address of the user.'))),
    }),
    reply: ProjectUser,
  }),
  retrieve: get(one, {
    summary: 'Retrieve a user of a project',
    permission: 'api.management.read',
    reply: ProjectUser,
  }),
  update: post(one, {
    summary: "Change a user's role in a project",
    permission: 'api.management.write',
    audit: 'user.updated',
    grants: 'rights',
    body: Body({ role: Type.Optional(Nullable(ProjectRole)) }),
    reply: ProjectUser,
  }),
  delete: del(one, {
    summary: 'Remove a user from a project; keys the user has there stop working',
    permission: 'api.management.write',
    audit: 'user.deleted',
    grants: 'rights',
    reply: Deleted('organization.project.user.deleted'),
  }),
}
