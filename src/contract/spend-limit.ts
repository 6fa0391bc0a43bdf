import { MAX_CENTS } from '../core/policy.ts'
import { Type } from './json-schema.ts'
import { del, get, post } from './route.ts'
import { Body, Const, Enum } from './schema.ts'

/** An amount of money in cents, and over which time it is counted: the original knows one currency and one interval. */
export const threshold = (minimum: number, description: string) => ({
  threshold_amount: Type.Integer({ minimum, maximum: MAX_CENTS, description }),
  currency: Const('USD'),
  interval: Const('month'),
})

const fields = threshold(1, 'The limit in cents. It counts from the first of each month, UTC.')
const Input = Body(fields)
const enforcement = Type.Object({
  status: Enum(['inactive', 'enforcing'], { description: 'Whether the limit is currently enforcing.' }),
})

const OrganizationLimit = Type.Object({ object: Const('organization.spend_limit'), ...fields, enforcement })
const ProjectLimit = Type.Object({ object: Const('project.spend_limit'), ...fields, enforcement })

const path = '/v1/organization/spend_limit'
const projectPath = '/v1/organization/projects/:project_id/spend_limit'

export const spendLimit = {
  retrieve: get(path, {
    summary: "Retrieve the organization's hard spend limit; 404 without one",
    permission: 'api.management.read',
    reply: OrganizationLimit,
  }),
  update: post(path, {
    summary: "Create or replace the organization's hard spend limit",
    permission: 'api.management.write',
    audit: 'organization.updated',
    grants: { nothing: 'it rules what may be used, and gives nobody a role or a key' },
    body: Input,
    reply: OrganizationLimit,
  }),
  delete: del(path, {
    summary: "Delete the organization's hard spend limit",
    permission: 'api.management.write',
    audit: 'organization.updated',
    grants: { nothing: 'it rules what may be used, and gives nobody a role or a key' },
    reply: Type.Object({ object: Const('organization.spend_limit.deleted'), deleted: Type.Boolean() }),
  }),
}

export const projectSpendLimit = {
  retrieve: get(projectPath, {
    summary: "Retrieve a project's hard spend limit; 404 without one",
    permission: 'api.management.read',
    level: 'organization',
    reply: ProjectLimit,
  }),
  update: post(projectPath, {
    summary: "Create or replace a project's hard spend limit",
    permission: 'api.management.write',
    level: 'organization',
    audit: 'project.updated',
    grants: { nothing: 'it rules what may be used, and gives nobody a role or a key' },
    body: Input,
    reply: ProjectLimit,
  }),
  delete: del(projectPath, {
    summary: "Delete a project's hard spend limit",
    permission: 'api.management.write',
    level: 'organization',
    audit: 'project.updated',
    grants: { nothing: 'it rules what may be used, and gives nobody a role or a key' },
    reply: Type.Object({ object: Const('project.spend_limit.deleted'), deleted: Type.Boolean() }),
  }),
}
