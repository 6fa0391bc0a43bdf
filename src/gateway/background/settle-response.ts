import { closeResponse, noteResponse, type OpenResponse } from '../../db/background-responses.ts'
import { inTransaction } from '../../db/transaction.ts'
import { recordUsage } from '../../db/usage.ts'
import { addSpendOf } from '../../db/usage-batch.ts'
import { emitWebhook } from '../../db/webhook-deliveries.ts'
import { askFor } from '../batches/asking.ts'
import { settleLine } from '../batches/reply.ts'
import { readTerms } from '../batches/terms.ts'
import type { JsonObject } from '../body/fields.ts'
import type { GatewayParts } from '../gate.ts'
import { saysGone } from '../objects/ask.ts'
import { routeOf } from '../routes/match.ts'
import { answeredLater } from '../routes/responses.ts'
import { invalidReply } from '../upstreams/failures.ts'
import { pauseOf } from './pace.ts'

/** Bytes of a response, with the images in it. */
const MOST_BYTES = 67_108_864

const open: ReadonlySet<unknown> = new Set(['queued', 'in_progress'])
/** The ends that projects can be told of. */
const ends: ReadonlySet<unknown> = new Set(['completed', 'failed', 'cancelled', 'incomplete'])

export type SettlingParts = Pick<
  GatewayParts,
  'upstreams' | 'tokens' | 'now' | 'newId' | 'log' | 'countExcess' | 'db' | 'later'
>

/**
 * Asks the model server of a response in the background how it stands, and settles it where it has ended, once.
 * @returns whether it is over
 * @throws ApiError where that cannot be had; what the database says: then nothing is settled
 */
export async function lookAt(parts: SettlingParts, row: OpenResponse): Promise<boolean> {
  const { response_id: id, upstream } = row
  if (id === null || upstream === null) return settled(parts, row, lost)
  const said = await ask(parts, id, upstream)
  if (said === null) {
    parts.log.warn({ response: id, upstream }, 'a response in the background is gone: what was asked is charged')
    return settled(parts, row, lost)
  }
  if (!open.has(said.status)) return settled(parts, row, said)
  const now = parts.now()
  await noteResponse(parts.db.write, row, { due_at: now + pauseOf(now - row.made_at) })
  return false
}

/** What is gone has read what it was asked, for all that is known. */
const lost: JsonObject = { status: 'lost', output: [] }

/** @returns null where its model server has it no more */
async function ask(parts: SettlingParts, id: string, upstream: string): Promise<JsonObject | null> {
  const path = answeredLater.one.replace('{id}', id)
  const { status, object } = await askFor(parts, { method: 'GET', path, upstream, signal: null, most: MOST_BYTES })
  // Only who speaks of this very response says that it is gone.
  if (saysGone(status, object, id)) return null
  if (status >= 300 || object === null || object.id !== id)
    throw invalidReply(new Error(`the status ${status} for a response in the background`))
  return object
}

/** Writes what it has used together with its end. */
async function settled(parts: SettlingParts, row: OpenResponse, said: JsonObject): Promise<boolean> {
  const { db, later, tokens, newId, countExcess } = parts
  const owner = { organizationId: row.organization_id, projectId: row.project_id }
  const at = parts.now()
  const line = await settleLine({ status: 200, body: said }, readTerms(row.terms), {
    ...{ owner: { ...owner, keyId: row.key_id, userId: row.user_id }, tokens, at, isLive: true, shown: null },
    route: routeOf(answeredLater.method, answeredLater.path),
  })
  const entries = line?.entries ?? []
  const isSettled = await inTransaction(db.write, (tx) =>
    closeResponse(tx, row, async () => {
      await recordUsage(tx, entries)
      if (later.byWriter) await addSpendOf(tx, `${row.id}/background`, Math.floor(at / 1000), entries)
      if (ends.has(said.status))
        await emitWebhook(tx, newId, owner, { type: `response.${said.status}`, data: { id: row.response_id }, at })
    }),
  )
  if (!isSettled) return true
  if (line !== null && line.excess > 0 && row.upstream !== null) countExcess.tokens(row.upstream, line.excess)
  await later.read(owner)
  return true
}
