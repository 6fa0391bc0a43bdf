import { GroupRef, GroupType } from './groups.ts'
import { type Static, Type } from './json-schema.ts'
import { ProjectRef } from './projects.ts'
import { route } from './route.ts'
import { Body, Const, Enum, Id, NextList, ordering, Params, paging, Query, Time } from './schema.ts'

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
const ref = Params({ ...ProjectRef.properties, ...GroupRef.properties })

export const projectGroups = {
  list: route({
    method: 'GET',
    path,
    summary: 'List the groups that have access to a project',
    permission: 'api.groups.read',
    params: ProjectRef,
    query: Query({ ...paging(100, 20, 0), ...ordering('asc') }),
    reply: NextList(ProjectGroup),
  }),
  create: route({
    method: 'POST',
    path,
    summary: 'Give a group access to a project, with a role there',
    permission: 'api.management.write',
    audit: 'group.updated',
    params: ProjectRef,
    body: Body({ group_id: Id('The group.'), role: Id('A role of the project, by its id.') }),
    reply: ProjectGroup,
  }),
  retrieve: route({
    method: 'GET',
    path: one,
    summary: 'Retrieve a group of a project',
    permission: 'api.groups.read',
    params: ref,
    query: Query({ group_type: Enum(['group', 'tenant_group'], { default: 'group' }) }),
    reply: ProjectGroup,
  }),
  delete: route({
    method: 'DELETE',
    path: one,
    summary: "Take a group's access to a project away, and its roles there",
    permission: 'api.management.write',
    audit: 'group.updated',
    params: ref,
    reply: Type.Object({ object: Const('project.group.deleted'), deleted: Type.Boolean() }),
  }),
}
