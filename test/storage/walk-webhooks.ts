import { idSource } from '../../src/core/id.ts'
import type { WebhookOperation } from '../../src/core/webhook-asked.ts'
import type { Db } from '../../src/db/tables.ts'
import {
  deleteFailedWebhooks,
  dueWebhookEndpoints,
  dueWebhooks,
  emitWebhook,
  settleWebhook,
} from '../../src/db/webhook-deliveries.ts'
import { webhookDesk } from '../../src/webhooks/desk.ts'
import { FULL_ENDPOINT, FULL_PROJECT, nth } from '../support/filling.ts'

/** What is asked about webhooks, and in delivering them. */
export async function walkWebhooks(db: Db, organizationId: string): Promise<void> {
  const now = () => Date.now()
  const newId = idSource(now)
  const resolve = async () => ['8.8.8.8']
  const desk = webhookDesk({ db, newId, now, networks: null, resolve, timeoutMs: 1, made() {} })
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
  for (const endpoint of await dueWebhookEndpoints(db, 2, 10)) {
    const [first, second] = [...(await dueWebhooks(db, endpoint, 2, 10)), null, null]
    if (first) await settleWebhook(db, first, { at: 1, status: 500, error: 'x', dueAt: 1 })
    const [again] = await dueWebhooks(db, endpoint, 2, 10)
    if (again) await settleWebhook(db, again, { at: 1, status: 200, error: null, dueAt: null })
    if (second) await settleWebhook(db, second, { at: 1, status: 500, error: 'x', dueAt: null })
  }
  for (const after of [null, nth('wh_', 50)]) await ask({ does: 'deliveries', id: FULL_ENDPOINT, after, limit: 20 })
  await ask({ does: 'delete', id })
  await deleteFailedWebhooks(db, 1)
}
