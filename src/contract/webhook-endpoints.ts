import { organizationEvents } from '../core/policy.ts'
import { type Static, Type } from './json-schema.ts'
import { del, get, list, ours, post } from './route.ts'
import { Body, Const, Deleted, Enum, Id, Name, Nullable, Time } from './schema.ts'

const EventTypes = Type.Array(Enum([...organizationEvents]), { minItems: 1, maxItems: 20, uniqueItems: true })
const Url = Type.String({
  description: 'Where deliveries go: by https, to a public address or one that the operator allows.',
  minLength: 1,
  maxLength: 2048,
})

const view = {
  id: Id('The endpoint, as other operations name it.'),
  object: Const('organization.webhook_endpoint'),
  name: Type.String(),
  url: Type.String(),
  event_types: Type.Array(Type.String()),
  signing_secret_hint: Type.String({ description: 'The end of its secret.' }),
  waiting: Type.Integer({ description: 'Deliveries that wait for it.' }),
  is_answering: Type.Boolean({
    description:
      'Whether it answered in time when it was tried last. One that did not is tried once at a time, until it does.',
  }),
  created_at: Time,
  updated_at: Time,
}
export const WebhookEndpoint = Type.Object(view)
export type WebhookEndpoint = Static<typeof WebhookEndpoint>
const WithSecret = Type.Object({
  ...view,
  signing_secret: Type.String({ description: 'What deliveries are signed with, shown this once.' }),
})

const Delivery = Type.Object({
  id: Id('The delivery, as the receiver knows it: its webhook-id.'),
  object: Const('organization.webhook_endpoint.delivery'),
  event_id: Type.String(),
  event_type: Type.String(),
  status: Enum(['waiting', 'failed'], { description: 'Whether it is tried again. What has arrived is not kept.' }),
  attempts: Type.Integer(),
  created_at: Time,
  last_attempt_at: Nullable(Time),
  next_attempt_at: Nullable(Time),
  status_code: Nullable(Type.Integer({ description: 'What the receiver answered last.' })),
  error: Nullable(Type.String({ description: 'Why that was no success.' })),
})
export type WebhookDelivery = Static<typeof Delivery>

const path = '/v1/organization/webhook_endpoints'
const one = `${path}/:webhook_endpoint_id` as const
const facts = {
  permission: 'api.management.write',
  audit: 'organization.updated',
  grants: { nothing: 'an endpoint is told what its makers can read, and gives nobody a role or a key' },
  unheard: true,
} as const

/** Endpoints that an organization may have. */
export const webhookEndpoints = ours('The original tells of nothing that happens in an organization but by mail.', {
  list: list(path, WebhookEndpoint, {
    summary: "List the organization's webhook endpoints",
    permission: 'api.management.read',
  }),
  create: post(path, {
    ...facts,
    summary: 'Create a webhook endpoint of the organization, which may have 20',
    usesWebhooks: true,
    body: Body({ name: Name('What people call it.'), url: Url, event_types: EventTypes }),
    reply: WithSecret,
  }),
  retrieve: get(one, {
    summary: 'Retrieve a webhook endpoint of the organization',
    permission: 'api.management.read',
    reply: WebhookEndpoint,
  }),
  update: post(one, {
    ...facts,
    summary: 'Change a webhook endpoint of the organization',
    usesWebhooks: true,
    body: Body({
      name: Type.Optional(Name('What people call it.')),
      url: Type.Optional(Url),
      event_types: Type.Optional(EventTypes),
    }),
    reply: WebhookEndpoint,
  }),
  delete: del(one, {
    ...facts,
    summary: 'Delete a webhook endpoint of the organization, and what waits for it',
    reply: Deleted('organization.webhook_endpoint.deleted'),
  }),
  rotateSecret: post(`${one}/rotate_secret`, {
    ...facts,
    summary: 'Give a webhook endpoint of the organization a new secret',
    body: Body({
      keep_old_secret_active_for_24_hours: Type.Boolean({
        description: 'Whether deliveries are signed with the old one too for another day.',
      }),
    }),
    reply: WithSecret,
  }),
  test: post(`${one}/test`, {
    ...facts,
    summary:
      'Send a sample event to a webhook endpoint of the organization. What does not arrive is among its deliveries',
    body: Body({ event_type: Enum([...organizationEvents]) }),
    reply: Type.Object({
      object: Const('organization.webhook_endpoint.test'),
      webhook_endpoint_id: Type.String(),
      event_type: Type.String(),
      delivery_id: Type.String({
        description: 'The delivery: it has arrived when it is no more among those that are listed.',
      }),
    }),
  }),
  deliveries: list(`${one}/deliveries`, Delivery, {
    summary: 'List what waits for a webhook endpoint of the organization, and what did not arrive in three days',
    permission: 'api.management.read',
  }),
})
