import { type Static, Type } from './json-schema.ts'
import { get, post } from './route.ts'
import { Body, Const, Enum, Filter, Id, List, Name, Nullable, paging, Query, Searched, Time } from './schema.ts'

/** The regions the original knows (SDK 7.57). This server has one, its own machine: `GLOBAL`. */
export const Residency = Enum([
  'GLOBAL',
  'US_STORAGE_PROCESSING',
  'EU_STORAGE_PROCESSING',
  'JP_STORAGE',
  'JP_STORAGE_PROCESSING',
  'KR_STORAGE',
  'CA_STORAGE',
  'SG_STORAGE',
  'IN_STORAGE',
  'IN_STORAGE_PROCESSING',
  'AU_STORAGE',
  'AU_STORAGE_PROCESSING',
  'GB_STORAGE',
  'AE_STORAGE',
  'AE_STORAGE_PROCESSING',
])

export const Project = Type.Object({
  id: Id('The project, as other operations name it.'),
  object: Const('organization.project'),
  name: Name('The name, as it appears in reports.'),
  created_at: Time,
  archived_at: Nullable(Time),
  status: Enum(['active', 'archived']),
  external_key_id: Nullable(Type.String()),
  residency: Residency,
})
export type Project = Static<typeof Project>

const path = '/v1/organization/projects'
const one = `${path}/:project_id` as const

const Create = Body({
  name: Name('The name, as it appears in reports. Names are not unique.'),
  residency: Type.Optional(Nullable(Residency)),
  geography: Type.Optional(Nullable(Type.String({ description: 'Deprecated: use `residency`.' }))),
  external_key_id: Type.Optional(Nullable(Type.String())),
})
const Update = Body({
  name: Type.Optional(Nullable(Name('The new name. Null leaves it.'))),
  geography: Type.Optional(Nullable(Type.String({ description: 'Deprecated: residency is chosen at creation.' }))),
  external_key_id: Type.Optional(Nullable(Type.String())),
})

export const projects = {
  list: get(path, {
    summary: 'List projects, oldest first',
    permission: 'api.management.read',
    query: Query({
      ...paging(),
      include_archived: Type.Boolean({ default: false, description: 'Archived projects too.' }),
      name: Filter(Searched("What the project's name holds.")),
      status: Filter(Enum(['active', 'archived'], { description: 'These alone, whatever `include_archived` says.' })),
    }),
    reply: List(Project),
  }),
  create: post(path, {
    summary: 'Create a project',
    permission: 'api.management.write',
    audit: 'project.created',
    grants: { nothing: 'nobody holds a role in a new project' },
    body: Create,
    reply: Project,
  }),
  retrieve: get(one, {
    summary: 'Retrieve a project, archived ones too',
    permission: 'api.management.read',
    reply: Project,
  }),
  update: post(one, {
    summary: 'Rename a project',
    permission: 'api.management.write',
    audit: 'project.updated',
    grants: { nothing: 'a name gives nobody anything' },
    body: Update,
    reply: Project,
  }),
  archive: post(`${one}/archive`, {
    summary: 'Archive a project: its users, service accounts and keys stop working, for good',
    permission: 'api.management.write',
    audit: 'project.archived',
    grants: { nothing: 'it ends the project for everybody alike: roles and keys stay as they are' },
    reply: Project,
  }),
}
