import { type Static, Type } from './json-schema.ts'
import { del, get, post } from './route.ts'
import { Body, Const, Deleted, Enum, Id, Name, NextList, Nullable, ordering, paging, Query, Text } from './schema.ts'

export const Role = Type.Object({
  object: Const('role'),
  id: Id('The role, as other operations name it.'),
  name: Type.String(),
  description: Nullable(Type.String()),
  permissions: Type.Array(Type.String()),
  resource_type: Enum(['api.organization', 'api.project']),
  predefined_role: Type.Boolean(),
})
export type Role = Static<typeof Role>

const Permissions = Type.Array(Type.String({ maxLength: 255 }), {
  maxItems: 200,
  description: 'Permission identifiers.',
})
const Create = Body({
  role_name: Name('The name, unique in its organization or project.'),
  permissions: Permissions,
  description: Type.Optional(Nullable(Text('What the role is for.'))),
})
const Update = Body({
  role_name: Type.Optional(Nullable(Name('The new name. Null leaves it.'))),
  permissions: Type.Optional(Type.Union([Permissions, Type.Null()])),
  description: Type.Optional(Nullable(Text('What the role is for. Null removes it.'))),
})
const page = Query({ ...paging(1000, 1000, 0), ...ordering('asc') })

const organizationPath = '/v1/organization/roles'
const organizationOne = `${organizationPath}/:role_id` as const

export const roles = {
  list: get(organizationPath, {
    summary: "List the organization's roles, predefined ones first",
    permission: 'api.roles.read',
    query: page,
    reply: NextList(Role),
  }),
  create: post(organizationPath, {
    summary: 'Create a custom role of the organization',
    permission: 'api.roles.write',
    audit: 'role.created',
    grants: 'rights',
    body: Create,
    reply: Role,
  }),
  retrieve: get(organizationOne, {
    summary: 'Retrieve a role of the organization',
    permission: 'api.roles.read',
    reply: Role,
  }),
  update: post(organizationOne, {
    summary: 'Change a custom role; who holds it holds the new permissions at once',
    permission: 'api.roles.write',
    audit: 'role.updated',
    grants: 'rights',
    body: Update,
    reply: Role,
  }),
  delete: del(organizationOne, {
    summary: 'Delete a custom role and its assignments',
    permission: 'api.roles.write',
    audit: 'role.deleted',
    grants: 'rights',
    reply: Deleted('role.deleted'),
  }),
}

const projectPath = '/v1/projects/:project_id/roles'
const projectOne = `${projectPath}/:role_id` as const

export const projectRoles = {
  list: get(projectPath, {
    summary: "List a project's roles, predefined ones first",
    permission: 'api.roles.read',
    query: page,
    reply: NextList(Role),
  }),
  create: post(projectPath, {
    summary: 'Create a custom role of a project',
    permission: 'api.roles.write',
    audit: 'role.created',
    grants: 'rights',
    body: Create,
    reply: Role,
  }),
  retrieve: get(projectOne, {
    summary: 'Retrieve a role of a project',
    permission: 'api.roles.read',
    reply: Role,
  }),
  update: post(projectOne, {
    summary: 'Change a custom role of a project',
    permission: 'api.roles.write',
    audit: 'role.updated',
    grants: 'rights',
    body: Update,
    reply: Role,
  }),
  delete: del(projectOne, {
    summary: 'Delete a custom role of a project and its assignments',
    permission: 'api.roles.write',
    audit: 'role.deleted',
    grants: 'rights',
    reply: Deleted('role.deleted'),
  }),
}
