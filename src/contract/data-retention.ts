import { organizationRetentions, projectRetentions } from '../core/policy.ts'
import { Type } from './json-schema.ts'
import { get, post } from './route.ts'
import { Body, Const, Enum } from './schema.ts'

const OrganizationType = Enum([...organizationRetentions])
const ProjectType = Enum([...projectRetentions])

const OrganizationRetention = Type.Object({ object: Const('organization.data_retention'), type: OrganizationType })
const ProjectRetention = Type.Object({ object: Const('project.data_retention'), type: ProjectType })

const path = '/v1/organization/data_retention'
const projectPath = '/v1/organization/projects/:project_id/data_retention'

export const dataRetention = {
  retrieve: get(path, {
    summary: "Retrieve the organization's data retention",
    permission: 'api.management.read',
    reply: OrganizationRetention,
  }),
  update: post(path, {
    summary: "Change the organization's data retention",
    permission: 'api.management.write',
    audit: 'organization.updated',
    grants: { nothing: 'it rules what is kept, and gives nobody a role or a key' },
    body: Body({ retention_type: OrganizationType }),
    reply: OrganizationRetention,
  }),
}

export const projectDataRetention = {
  retrieve: get(projectPath, {
    summary: "Retrieve a project's data retention",
    permission: 'api.management.read',
    level: 'organization',
    reply: ProjectRetention,
  }),
  update: post(projectPath, {
    summary: "Change a project's data retention",
    permission: 'api.management.write',
    level: 'organization',
    audit: 'project.updated',
    grants: { nothing: 'it rules what is kept, and gives nobody a role or a key' },
    body: Body({ retention_type: ProjectType }),
    reply: ProjectRetention,
  }),
}
