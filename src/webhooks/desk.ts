import { isId, type NewId } from '../core/id.ts'
import { hostOf, MOST_WEBHOOK_ENDPOINTS, mintWebhookSecret } from '../core/webhook.ts'
import type { WebhookAsked, WebhookChanges, WebhookDesk, WebhookRefusal } from '../core/webhook-asked.ts'
import { idsAfterNewest, insertAudit } from '../db/audit.ts'
import { lockOrganization, takeTurn } from '../db/lock.ts'
import type { Db, Row } from '../db/tables.ts'
import { inTransaction } from '../db/transaction.ts'
import { listWebhookDeliveries } from '../db/webhook-deliveries.ts'
import {
  deleteWebhookEndpoint,
  findWebhookEndpoint,
  listWebhookEndpoints,
  makeWebhookEndpoint,
  updateWebhookEndpoint,
  type WebhookColumns,
} from '../db/webhook-endpoints.ts'
import { AtOnce } from './at-once.ts'
import { type PostParts, reasonOf } from './post.ts'
import { NotAllowed, reachable } from './reachable.ts'
import { sendTest } from './sample.ts'
import { deliveryView, endpointView, withSecret } from './views.ts'

export type WebhookDeskParts = PostParts & {
  /** One that can be written to. */
  db: Db
  newId: NewId
  /** Milliseconds since the epoch. */
  now: () => number
  /** Told when an endpoint was made. */
  made: () => void
  limited: WebhookDesk['limited']
}

/** Milliseconds that the name of a new URL's host is looked for. A name that nobody knows yet is looked at when there is something to send. */
const LOOKED_FOR_MS = 3000
/** Tests under way, and names that are looked for. */
const TESTS = { project: 2, all: 32 }
const NAMES = { project: 4, all: 32 }
/** Seconds that the secret before counts beside the new one, where that is asked for. */
const OVERLAP = 86_400

type Desk = WebhookDeskParts & { tests: AtOnce; names: AtOnce }
type Endpoint = Row<'webhook_endpoint'>
/** What a change leaves, and what is recorded of it; null: nothing has changed. */
type Changed = { body: object; recorded: object | null }

/** Keeps the webhook endpoints of projects, and says what calls about them are answered with. */
export function webhookDesk(given: WebhookDeskParts): WebhookDesk {
  const parts = { ...given, tests: new AtOnce(TESTS), names: new AtOnce(NAMES) }
  return {
    limited: given.limited,
    async ask(asked) {
      try {
        return { body: await answerTo(parts, asked) }
      } catch (error) {
        if (error instanceof Refused) return { refused: error.refusal }
        throw error
      }
    },
  }
}

class Refused extends Error {
  readonly refusal: WebhookRefusal
  constructor(refusal: WebhookRefusal) {
    super(refusal.why)
    this.refusal = refusal
  }
}

function answerTo(parts: Desk, asked: WebhookAsked): Promise<object> {
  const { operation } = asked
  switch (operation.does) {
    case 'create':
      return create(parts, asked, operation)
    case 'list':
      return list(parts, asked, operation)
    case 'retrieve':
      return find(parts.db, asked, operation.id).then(endpointView)
    case 'update':
      return update(parts, asked, operation.id, operation.changes)
    case 'delete':
      return remove(parts, asked, operation.id)
    case 'rotate_secret':
      return rotate(parts, asked, operation.id, operation.keepsOld)
    case 'test':
      return test(parts, asked, operation)
    case 'deliveries':
      return deliveries(parts, asked, operation)
  }
}

type Of<D extends WebhookAsked['operation']['does']> = Extract<WebhookAsked['operation'], { does: D }>

async function create(parts: Desk, asked: WebhookAsked, { name, url, eventTypes }: Of<'create'>) {
  await refuseUnreachable(parts, asked, url)
  const body = await change(parts, asked, async (tx, newId, now) => {
    const most = MOST_WEBHOOK_ENDPOINTS
    const there = await listWebhookEndpoints(tx, asked, { after: null, limit: most })
    if (there.length >= most) throw new Refused({ why: 'too_many', most })
    const row = await makeWebhookEndpoint(tx, asked, { name, url, eventTypes }, { id: newId('webhookEndpoint'), now })
    return { body: withSecret(row), recorded: recorded(row) }
  })
  parts.made()
  return body
}

async function list({ db }: WebhookDeskParts, asked: WebhookAsked, { after, limit }: Of<'list'>) {
  return page(await listWebhookEndpoints(db, asked, { after, limit: limit + 1 }), limit, endpointView)
}

async function find(db: Db, asked: WebhookAsked, id: string): Promise<Endpoint> {
  const found = isId('webhookEndpoint', id) ? await findWebhookEndpoint(db, asked, id) : undefined
  if (found === undefined) throw new Refused({ why: 'not_found', id })
  return found
}

async function update(parts: Desk, asked: WebhookAsked, id: string, changes: WebhookChanges) {
  const { name, url, eventTypes } = changes
  if (url !== undefined) await refuseUnreachable(parts, asked, url)
  return change(parts, asked, async (tx, _newId, now) => {
    const was = await find(tx, asked, id)
    const wanted: WebhookColumns = {
      ...(name !== undefined && { name }),
      ...(url !== undefined && { url }),
      ...(eventTypes !== undefined && { event_types: JSON.stringify(eventTypes) }),
    }
    const isChanged = (Object.keys(wanted) as (keyof WebhookColumns)[]).some((column) => wanted[column] !== was[column])
    if (!isChanged) return { body: endpointView(was), recorded: null }
    const row = await updateWebhookEndpoint(tx, asked, id, { ...wanted, updated_at: now })
    return { body: endpointView(row ?? was), recorded: recorded(row ?? was) }
  })
}

function remove(parts: WebhookDeskParts, asked: WebhookAsked, id: string): Promise<object> {
  return change(parts, asked, async (tx) => {
    await find(tx, asked, id)
    await deleteWebhookEndpoint(tx, asked, id)
    const body = { object: 'webhook_endpoint.deleted', id, deleted: true }
    return { body, recorded: { id, deleted: true } }
  })
}

function rotate(parts: WebhookDeskParts, asked: WebhookAsked, id: string, keepsOld: boolean): Promise<object> {
  return change(parts, asked, async (tx, _newId, now) => {
    const was = await find(tx, asked, id)
    const row = await updateWebhookEndpoint(tx, asked, id, {
      secret: mintWebhookSecret(),
      old_secret: keepsOld ? was.secret : null,
      old_secret_until: keepsOld ? now + OVERLAP : null,
      updated_at: now,
    })
    return { body: withSecret(row ?? was), recorded: { id, signing_secret: 'rotated' } }
  })
}

async function test(parts: Desk, asked: WebhookAsked, { id, eventType }: Of<'test'>) {
  const endpoint = await find(parts.db, asked, id)
  const done = parts.tests.begin(asked)
  if (done === null) throw new Refused({ why: 'too_many_at_once', of: 'tests' })
  try {
    return await sendTest(parts, endpoint, eventType)
  } catch (error) {
    throw new Refused({ why: 'test_failed', reason: reasonOf(error) })
  } finally {
    done()
  }
}

async function deliveries({ db }: WebhookDeskParts, asked: WebhookAsked, { id, after, limit }: Of<'deliveries'>) {
  await find(db, asked, id)
  const rows = await listWebhookDeliveries(db, asked, id, { after, limit: limit + 1 })
  return page(rows, limit, deliveryView)
}

const page = <R extends { id: string }>(rows: readonly R[], limit: number, view: (row: R) => object) => {
  const shown = rows.slice(0, limit)
  const [first_id, last_id] = [shown[0]?.id ?? null, shown.at(-1)?.id ?? null]
  return { object: 'list', data: shown.map(view), first_id, last_id, has_more: rows.length > limit }
}

/** Of a URL that people are given with a secret in its path, the log has the host. */
const recorded = ({ id, name, url, event_types }: Endpoint) => ({
  ...{ id, name, host: hostOf(url), event_types: JSON.parse(event_types) },
})

/** @throws Refused for what is known to lead nowhere that this server calls, and where too many names are looked for already */
async function refuseUnreachable(parts: Desk, asked: WebhookAsked, url: string): Promise<void> {
  const done = parts.names.begin(asked)
  if (done === null) throw new Refused({ why: 'too_many_at_once', of: 'names' })
  try {
    await reachable(hostOf(url), parts, AbortSignal.timeout(LOOKED_FOR_MS))
  } catch (error) {
    if (error instanceof NotAllowed) throw new Refused({ why: 'url', reason: error.message })
  } finally {
    done()
  }
}

/** Makes a change and records it, in one transaction, in turn with the organization's other changes. */
async function change(
  { db, newId, now }: WebhookDeskParts,
  { organizationId, projectId, actor, origin }: WebhookAsked,
  work: (tx: Db, newId: NewId, now: number) => Promise<Changed>,
): Promise<object> {
  const endTurn = await takeTurn(db, organizationId)
  try {
    return await inTransaction(db, async (tx) => {
      await lockOrganization(tx, organizationId)
      const ids = await idsAfterNewest(tx, organizationId, newId)
      const { body, recorded } = await work(tx, ids, Math.floor(now() / 1000))
      if (recorded !== null) {
        const payload = { id: projectId, changes_requested: { webhook_endpoint: recorded } }
        const of = { organizationId, projectId, type: 'project.updated' as const, actor, origin, payload }
        await insertAudit(tx, [{ id: ids('audit'), ...of }])
      }
      return body
    })
  } finally {
    endTurn()
  }
}
