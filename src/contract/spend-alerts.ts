import { type Static, Type } from './json-schema.ts'
import { del, get, post } from './route.ts'
import { Body, Const, Deleted, Email, Id, List, Nullable, ordering, paging, Query, Text } from './schema.ts'
import { threshold } from './spend-limit.ts'

const fields = threshold(0, 'The amount in cents that mail is sent at. It counts from the first of each month, UTC.')

/** Alerts that a project may have, and the organization itself. */
export const MOST_ALERTS = 20

/** What an alert is made of; a change gives all of it again. */
const Input = Body({
  ...fields,
  notification_channel: Body({
    type: Const('email'),
    recipients: Type.Array(
      Email('Who gets the mail: users of the organization, or anybody where an owner of it says so.'),
      {
        minItems: 1,
        maxItems: 100,
      },
    ),
    subject_prefix: Type.Optional(Nullable(Text("What the mail's subject has behind 'Gatehouse spend alert:'."))),
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

const path = '/v1/organization/spend_alerts'
const one = `${path}/:alert_id` as const

export const spendAlerts = {
  list: get(path, {
    summary: "List the organization's spend alerts",
    permission: 'api.management.read',
    query,
    reply: List(OrganizationAlert),
  }),
  create: post(path, {
    summary: `Create a spend alert of the organization, which may have ${MOST_ALERTS}`,
    permission: 'api.management.write',
    audit: 'organization.updated',
    grants: { nothing: 'an alert tells of money, and gives nobody a role or a key' },
    body: Input,
    reply: OrganizationAlert,
  }),
  retrieve: get(one, {
    summary: 'Retrieve a spend alert of the organization',
    permission: 'api.management.read',
    reply: OrganizationAlert,
  }),
  update: post(one, {
    summary: 'Replace a spend alert of the organization',
    permission: 'api.management.write',
    audit: 'organization.updated',
    grants: { nothing: 'an alert tells of money, and gives nobody a role or a key' },
    body: Input,
    reply: OrganizationAlert,
  }),
  delete: del(one, {
    summary: 'Delete a spend alert of the organization',
    permission: 'api.management.write',
    audit: 'organization.updated',
    grants: { nothing: 'an alert tells of money, and gives nobody a role or a key' },
    reply: Deleted('organization.spend_alert.deleted'),
  }),
}

const projectPath = '/v1/organization/projects/:project_id/spend_alerts'
const projectOne = `${projectPath}/:alert_id` as const

export const projectSpendAlerts = {
  list: get(projectPath, {
    summary: "List a project's spend alerts",
    permission: 'api.management.read',
    query,
    reply: List(ProjectAlert),
  }),
  create: post(projectPath, {
    summary: `Create a spend alert of a project, which may have ${MOST_ALERTS}`,
    permission: 'api.management.write',
    audit: 'project.updated',
    grants: { nothing: 'an alert tells of money, and gives nobody a role or a key' },
    body: Input,
    reply: ProjectAlert,
  }),
  retrieve: get(projectOne, {
    summary: 'Retrieve a spend alert of a project',
    permission: 'api.management.read',
    reply: ProjectAlert,
  }),
  update: post(projectOne, {
    summary: 'Replace a spend alert of a project',
    permission: 'api.management.write',
    audit: 'project.updated',
    grants: { nothing: 'an alert tells of money, and gives nobody a role or a key' },
    body: Input,
    reply: ProjectAlert,
  }),
  delete: del(projectOne, {
    summary: 'Delete a spend alert of a project',
    permission: 'api.management.write',
    audit: 'project.updated',
    grants: { nothing: 'an alert tells of money, and gives nobody a role or a key' },
    reply: Deleted('project.spend_alert.deleted'),
  }),
}
