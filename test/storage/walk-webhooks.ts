import { idSource } from '../../src/core/id.ts'
import type { WebhookOperation } from '../../src/core/webhook-asked.ts'
import { raiseAlert } from '../../src/db/spend-alerts.ts'
import type { Db } from '../../src/db/tables.ts'
import {
  deleteFailedWebhooks,
  deleteOrphanWebhooks,
  dueWebhookEndpoints,
  dueWebhooks,
  emitWebhook,
  settleWebhook,
} from '../../src/db/webhook-deliveries.ts'
import { deleteWebhookEndpoint, makeWebhookEndpoint } from '../../src/db/webhook-endpoints.ts'
import {
  beginTelling,
  endTelling,
  nextWithWebhooks,
  tellOfAudit,
  tellOfExpiring,
  tellOfLimit,
} from '../../src/db/webhook-told.ts'
import { webhookDesk } from '../../src/webhooks/desk.ts'
import { FULL_ENDPOINT, FULL_PROJECT, nth } from '../support/filling.ts'

/** What is asked about webhooks, and in delivering them. */
export async function walkWebhooks(db: Db, organizationId: string): Promise<void> {
  const now = () => Date.now()
  const newId = idSource(now)
  const resolve = async () => ['8.8.8.8']
  const desk = webhookDesk({ db, newId, now, networks: null, resolve, timeoutMs: 1, made() {}, limited() {} })
  const actor = { type: 'session' as const, session: { user: { id: 'u', email: 'e' } } }
  const whose = { organizationId, projectId: FULL_PROJECT, actor, origin: { ip: null, userAgent: null } }
  const ask = async (operation: WebhookOperation) => {
    const said = await desk.ask({ ...whose, operation })
    if ('refused' in said) throw new Error(JSON.stringify(said.refused))
    return (said.body as { id: string }).id
  }
  const id = await ask({ does: 'create', name: 'n', url: 'https://example.com', eventTypes: ['batch.failed'] })
  for (const after of [null, id]) await ask({ does: 'list', after, limit: 20 })
  await ask({ does: 'update', id, changes: { name: 'm' } })
  await ask({ does: 'rotate_secret', id, keepsOld: true })
  await emitWebhook(db, newId, whose, { type: 'batch.failed', data: { id: 'batch_1' }, at: 1 })
  for (const hanging of [false, true])
    for (const without of [[], [organizationId], [organizationId, FULL_PROJECT]])
      await dueWebhookEndpoints(db, { now: 2, hanging, without, limit: 10 })
  const took = { at: 1, endedAt: 1000, hung: false }
  for (const endpoint of [id, FULL_ENDPOINT].map((one) => ({ id: one, organization_id: organizationId }))) {
    const [first] = await dueWebhooks(db, endpoint, 10, 10)
    if (first) await settleWebhook(db, first, { ...took, status: 500, error: 'x', dueAt: 1 })
    const [again] = await dueWebhooks(db, endpoint, 2, 10)
    if (again) await settleWebhook(db, again, { ...took, status: 200, error: null, dueAt: null })
  }
  for (const after of [null, nth('wh_', 50)]) await ask({ does: 'deliveries', id: FULL_ENDPOINT, after, limit: 20 })
  await ask({ does: 'delete', id })
  await deleteFailedWebhooks(db, 1)
  await deleteOrphanWebhooks(db, 1)
  const telling = { db, newId, organizationId }
  const data = { project_id: FULL_PROJECT, code: 'c', message: 'm' }
  await tellOfLimit(telling, 'rate_limit.reached', data, 1)
  await beginTelling(db, organizationId, 1)
  const alert = { organization_id: organizationId, id: nth('alert_', 1), threshold_cents: 1 }
  const of = { recipients: '[]', subject_prefix: null, created_by: null }
  const raised = { projectId: FULL_PROJECT, month: '2026-10', spent: 5_000_000_000n, at: 1 }
  await raiseAlert(db, newId, { ...raised, alert: { ...alert, ...of } })
  const own = { name: 'n', url: 'https://example.com', eventTypes: ['rate_limit.reached'] }
  await makeWebhookEndpoint(db, { organizationId, projectId: null }, own, { id: 'whe_own', now: 1 })
  await nextWithWebhooks(db, '')
  await tellOfLimit(telling, 'rate_limit.reached', data, 1)
  // Behind some event of the log, and behind none.
  await tellOfAudit(telling)
  await db
    .updateTable('webhook_told')
    .set({ position: nth('audit_log-', 5) })
    .where('organization_id', '=', organizationId)
    .where('source', '=', 'audit_log')
    .execute()
  await tellOfAudit(telling)
  await tellOfExpiring(telling, 2)
  await deleteWebhookEndpoint(db, { organizationId, projectId: null }, 'whe_own')
  await endTelling(db, organizationId)
}
