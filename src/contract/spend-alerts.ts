import { type Static, Type } from './json-schema.ts'
import { ProjectRef } from './projects.ts'
import { route } from './route.ts'
import { Body, Const, Deleted, Email, Id, List, Nullable, ordering, Params, paging, Query, Text } from './schema.ts'
import { threshold } from './spend-limit.ts'

const fields = threshold(0, 'The amount in cents that mail is sent at. It counts from the first of each month, UTC.')

/** What an alert is made of; a change gives all of it again. */
const Input = Body({
  ...fields,
  notification_channel: Body({
    type: Const('email'),
    recipients: Type.Array(Email('Who gets the mail.'), { minItems: 1, maxItems: 100 }),
    subject_prefix: Type.Optional(Nullable(Text("What the mail's subject begins with."))),
  }),
})
export type SpendAlertInput = Static<typeof Input>

const view = {
  ...fields,
  notification_channel: Type.Object({
    type: Const('email'),
    recipients: Type.Array(Type.String()),
    subject_prefix: Nullable(Type.String()),
  }),
}
const id = Id('The alert, as other operations name it.')
const OrganizationAlert = Type.Object({ id, object: Const('organization.spend_alert'), ...view })
const ProjectAlert = Type.Object({ id, object: Const('project.spend_alert'), ...view })

const query = Query({
  ...paging(100, 20, 0),
  ...ordering('asc'),
  before: Type.Optional(Type.String({ description: 'The page that ends in front of the object with this id.' })),
})
export type SpendAlertQuery = Static<typeof query>

const alertRef = { alert_id: Id('The alert.') }
const ref = Params(alertRef)
const path = '/v1/organization/spend_alerts'
const one = `${path}/:alert_id` as const

export const spendAlerts = {
  list: route({
    method: 'GET',
    path,
    summary: "List the organization's spend alerts",
    permission: 'api.management.read',
    query,
    reply: List(OrganizationAlert),
  }),
  create: route({
    method: 'POST',
    path,
    summary: 'Create a spend alert of the organization',
    permission: 'api.management.write',
    audit: 'organization.updated',
    body: Input,
    reply: OrganizationAlert,
  }),
  retrieve: route({
    method: 'GET',
    path: one,
    summary: 'Retrieve a spend alert of the organization',
    permission: 'api.management.read',
    params: ref,
    reply: OrganizationAlert,
  }),
  update: route({
    method: 'POST',
    path: one,
    summary: 'Replace a spend alert of the organization',
    permission: 'api.management.write',
    audit: 'organization.updated',
    params: ref,
    body: Input,
    reply: OrganizationAlert,
  }),
  delete: route({
    method: 'DELETE',
    path: one,
    summary: 'Delete a spend alert of the organization',
    permission: 'api.management.write',
    audit: 'organization.updated',
    params: ref,
    reply: Deleted('organization.spend_alert.deleted'),
  }),
}

const projectPath = '/v1/organization/projects/:project_id/spend_alerts'
const projectOne = `${projectPath}/:alert_id` as const
const projectRef = Params({ ...ProjectRef.properties, ...alertRef })

export const projectSpendAlerts = {
  list: route({
    method: 'GET',
    path: projectPath,
    summary: "List a project's spend alerts",
    permission: 'api.management.read',
    params: ProjectRef,
    query,
    reply: List(ProjectAlert),
  }),
  create: route({
    method: 'POST',
    path: projectPath,
    summary: 'Create a spend alert of a project',
    permission: 'api.management.write',
    audit: 'project.updated',
    params: ProjectRef,
    body: Input,
    reply: ProjectAlert,
  }),
  retrieve: route({
    method: 'GET',
    path: projectOne,
    summary: 'Retrieve a spend alert of a project',
    permission: 'api.management.read',
    params: projectRef,
    reply: ProjectAlert,
  }),
  update: route({
    method: 'POST',
    path: projectOne,
    summary: 'Replace a spend alert of a project',
    permission: 'api.management.write',
    audit: 'project.updated',
    params: projectRef,
    body: Input,
    reply: ProjectAlert,
  }),
  delete: route({
    method: 'DELETE',
    path: projectOne,
    summary: 'Delete a spend alert of a project',
    permission: 'api.management.write',
    audit: 'project.updated',
    params: projectRef,
    reply: Deleted('project.spend_alert.deleted'),
  }),
}
