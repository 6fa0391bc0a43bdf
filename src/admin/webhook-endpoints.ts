import { ApiError, rateLimited } from '../contract/error.ts'
import type { webhookEndpoints as routes, WebhookDelivery, WebhookEndpoint } from '../contract/webhook-endpoints.ts'
import { flawOfWebhookUrl, hintOf, hostOf, MOST_WEBHOOK_ENDPOINTS, mintWebhookSecret } from '../core/webhook.ts'
import type { WebhookRules } from '../core/webhook-asked.ts'
import type { Db, Row } from '../db/tables.ts'
import { MOST_WAITING, tellEndpoints } from '../db/webhook-deliveries.ts'
import { deleteWebhookEndpoint, makeWebhookEndpoint, updateWebhookEndpoint } from '../db/webhook-endpoints.ts'
import { beginTelling, endTelling } from '../db/webhook-told.ts'
import type { Caller, Handlers } from './handlers.ts'
import { existing } from './owned.ts'
import { behind, page } from './page.ts'

type Endpoint = Row<'webhook_endpoint'>
const OVERLAP = 86_400

export const webhookEndpoints: Handlers<typeof routes> = {
  async list({ db, caller, query }) {
    return page(await behind(ownedBy(db, caller), query, 'webhookEndpoint').execute(), query.limit, view)
  },

  async create({ db, newId, now, caller, body, webhooks }) {
    refuseUrl(webhooks, body.url)
    const there = await ownedBy(db, caller).limit(MOST_WEBHOOK_ENDPOINTS).execute()
    if (there.length === MOST_WEBHOOK_ENDPOINTS) throw tooMany()
    const owner = { organizationId: caller.organizationId, projectId: null }
    const written = { name: body.name, url: body.url, eventTypes: body.event_types }
    const row = await makeWebhookEndpoint(db, owner, written, { id: newId('webhookEndpoint'), now })
    await beginTelling(db, caller.organizationId, now)
    webhooks.made()
    return changed(caller, withSecret(row), recorded(row))
  },

  async retrieve({ db, caller, params }) {
    return view(await find(db, caller, params.webhook_endpoint_id))
  },

  async update({ db, now, caller, params, body, webhooks }) {
    const { name, url, event_types } = body
    if (url !== undefined) refuseUrl(webhooks, url)
    const was = await find(db, caller, params.webhook_endpoint_id)
    const wanted = {
      ...(name !== undefined && { name }),
      ...(url !== undefined && { url }),
      ...(event_types !== undefined && { event_types: JSON.stringify(event_types) }),
    }
    const next = { ...was, ...wanted }
    const isSame = next.name === was.name && next.url === was.url && next.event_types === was.event_types
    const columns = { ...wanted, updated_at: isSame ? was.updated_at : now }
    const row = await updateWebhookEndpoint(db, ownerOf(caller), was.id, columns)
    return changed(caller, view(row ?? was), recorded(row ?? was))
  },

  async delete({ db, caller, params: { webhook_endpoint_id: id } }) {
    await find(db, caller, id)
    await deleteWebhookEndpoint(db, ownerOf(caller), id)
    const [left] = await ownedBy(db, caller).limit(1).execute()
    if (left === undefined) await endTelling(db, caller.organizationId)
    const reply = { object: 'organization.webhook_endpoint.deleted' as const, id, deleted: true as const }
    return changed(caller, reply, { id, deleted: true })
  },

  async rotateSecret({ db, now, caller, params, body }) {
    const was = await find(db, caller, params.webhook_endpoint_id)
    const keeps = body.keep_old_secret_active_for_24_hours
    const old = { old_secret: keeps ? was.secret : null, old_secret_until: keeps ? now + OVERLAP : null }
    const columns = { secret: mintWebhookSecret(), ...old, updated_at: now }
    const row = (await updateWebhookEndpoint(db, ownerOf(caller), was.id, columns)) ?? was
    return changed(caller, withSecret(row), { id: row.id, signing_secret: 'rotated' })
  },

  async test({ db, now, newId, caller, params, body: { event_type } }) {
    const { id, waiting } = await find(db, caller, params.webhook_endpoint_id)
    if (waiting >= MOST_WAITING) throw rateLimited('Too much waits for this webhook endpoint already.', 60)
    const happened = { type: event_type, data: { id: 'sample' }, at: now * 1000 }
    const [delivery_id = ''] = await tellEndpoints(db, newId, caller.organizationId, [id], happened)
    const object = 'organization.webhook_endpoint.test' as const
    return changed(caller, { object, webhook_endpoint_id: id, event_type, delivery_id }, { id, tested: event_type })
  },

  async deliveries({ db, caller, params: { webhook_endpoint_id: id }, query }) {
    await find(db, caller, id)
    const rows = db
      .selectFrom('webhook_delivery')
      .selectAll()
      .where('organization_id', '=', caller.organizationId)
      .where('endpoint_id', '=', id)
    return page(await behind(rows, query, 'webhookDelivery').execute(), query.limit, deliveryView)
  },
}

const ownerOf = ({ organizationId }: Caller) => ({ organizationId, projectId: null })

const ownedBy = (db: Db, { organizationId }: Caller) =>
  db
    .selectFrom('webhook_endpoint')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('project_id', 'is', null)

async function find(db: Db, caller: Caller, id: string): Promise<Endpoint> {
  return existing(await ownedBy(db, caller).where('id', '=', id).executeTakeFirst(), 'webhook_endpoint_id', id)
}

/** @throws ApiError 400 */
function refuseUrl({ flawOf }: WebhookRules, url: string): void {
  const flaw = flawOfWebhookUrl(url) ?? flawOf(url)
  if (flaw !== null) throw new ApiError('invalid_value', `Invalid 'url': ${flaw}`, { param: 'url' })
}

function tooMany(): ApiError {
  const message = `An organization can have ${MOST_WEBHOOK_ENDPOINTS} webhook endpoints. Delete one that is not needed any more.`
  return new ApiError('too_many_webhook_endpoints', message)
}

const changed = <R>(caller: Caller, reply: R, webhook_endpoint: object) => ({
  reply,
  audit: { id: caller.organizationId, changes_requested: { webhook_endpoint } },
})

/** Of a URL that people are given with a secret in its path, the log has the host. */
const recorded = ({ id, name, url, event_types }: Endpoint) => ({
  ...{ id, name, host: hostOf(url), event_types: JSON.parse(event_types) as string[] },
})

const view = (row: Endpoint): WebhookEndpoint => ({
  id: row.id,
  object: 'organization.webhook_endpoint',
  name: row.name,
  url: row.url,
  event_types: JSON.parse(row.event_types) as string[],
  signing_secret_hint: hintOf(row.secret),
  waiting: row.waiting,
  is_answering: row.hanging === 0,
  created_at: row.created_at,
  updated_at: row.updated_at,
})

const withSecret = (row: Endpoint) => ({ ...view(row), signing_secret: row.secret })

const deliveryView = (row: Row<'webhook_delivery'>): WebhookDelivery => ({
  id: row.id,
  object: 'organization.webhook_endpoint.delivery',
  event_id: row.event_id,
  event_type: row.event_type,
  status: row.due_at === null ? 'failed' : 'waiting',
  attempts: row.attempts,
  created_at: row.created_at,
  last_attempt_at: row.attempted_at,
  next_attempt_at: row.due_at === null ? null : Math.ceil(row.due_at / 1000),
  status_code: row.status_code,
  error: row.error,
})
