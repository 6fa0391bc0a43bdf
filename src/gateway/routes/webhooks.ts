import type { Declaration } from './declaration.ts'
import { bare, described, unmetered } from './parts.ts'

/** The gate answers and delivers by itself: no model server hears of it, and no proxy can carry it. */
const ofWebhooks = { ...bare, ...unmetered, check: 'not_offered' } as const satisfies Partial<Declaration>
const read = { ...ofWebhooks, method: 'GET', permission: 'api.webhooks.read' } as const
const write = { ...ofWebhooks, method: 'POST', permission: 'api.webhooks.write' } as const

const all = '/v1/webhook_endpoints'
const one = `${all}/{webhook_endpoint_id}` as const
const page = { after: 'text', limit: 'number' } as const

/** Where a project is told of what happens (openai 7.59). */
export const webhooks = {
  'webhooks.create': {
    ...write,
    path: all,
    answeredBy: { webhooks: 'create' },
    body: described('event_types', 'name', 'url'),
  },
  'webhooks.list': { ...read, path: all, answeredBy: { webhooks: 'list' }, query: page },
  'webhooks.retrieve': { ...read, path: one, answeredBy: { webhooks: 'retrieve' } },
  'webhooks.update': {
    ...write,
    path: one,
    answeredBy: { webhooks: 'update' },
    body: described('event_types', 'name', 'url'),
  },
  'webhooks.delete': { ...write, method: 'DELETE', path: one, answeredBy: { webhooks: 'delete' } },
  'webhooks.rotateSecret': {
    ...write,
    path: `${one}/rotate_secret`,
    answeredBy: { webhooks: 'rotate_secret' },
    body: described('keep_old_secret_active_for_24_hours'),
  },
  'webhooks.test': {
    ...write,
    path: `${one}/test`,
    answeredBy: { webhooks: 'test' },
    body: described('event_type'),
  },
  'webhooks.eventTypes.list': { ...read, path: '/v1/webhook_event_types', answeredBy: { webhooks: 'event_types' } },
  // Ours: what waits, and what did not arrive in three days.
  'webhooks.deliveries.list': {
    ...read,
    path: `${one}/deliveries`,
    answeredBy: { webhooks: 'deliveries' },
    query: page,
  },
} as const satisfies Record<string, Declaration>
