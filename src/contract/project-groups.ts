import { GroupType } from './groups.ts'
import { type Static, Type } from './json-schema.ts'
import { del, get, post } from './route.ts'
import { Body, Const, Enum, Id, NextList, ordering, paging, Query, Time } from './schema.ts'

export const ProjectGroup = Type.Object({
  object: Const('project.group'),
  project_id: Type.String(),
  group_id: Type.String(),
  group_name: Type.String(),
  group_type: GroupType,
  created_at: Time,
})
export type ProjectGroup = Static<typeof ProjectGroup>

const path = '/v1/organization/projects/:project_id/groups'
const one = `${path}/:group_id` as const

export const projectGroups = {
  list: get(path, {
    summary: 'List the groups that have access to a project',
    permission: 'api.groups.read',
    query: Query({ ...paging(100, 20, 0), ...ordering('asc') }),
    reply: NextList(ProjectGroup),
  }),
  create: post(path, {
    summary: 'Give a group access to a project, with a role there',
    permission: 'api.management.write',
    audit: 'group.updated',
    grants: 'rights',
    body: Body({ group_id: Id('The group.'), role: Id('A role of the project, by its id.') }),
    reply: ProjectGroup,
  }),
  retrieve: get(one, {
    summary: 'Retrieve a group of a project',
    permission: 'api.groups.read',
    query: Query({ group_type: Enum(['group', 'tenant_group'], { default: 'group' }) }),
    reply: ProjectGroup,
  }),
  delete: del(one, {
    summary: "Take a group's access to a project away, and its roles there",
    permission: 'api.management.write',
    audit: 'group.updated',
    grants: 'rights',
    reply: Type.Object({ object: Const('project.group.deleted'), deleted: Type.Boolean() }),
  }),
}
