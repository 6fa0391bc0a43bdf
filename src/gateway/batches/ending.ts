import { type BatchChange, type BatchRow, changeBatch } from '../../db/batch.ts'
import { inTransaction } from '../../db/transaction.ts'
import { emitWebhook } from '../../db/webhook-deliveries.ts'
import type { Gate } from '../gate.ts'
import type { Charging } from './charging.ts'
import { keptErrors, type LineError } from './line-error.ts'

/** Milliseconds until a batch is tried again whose upstream is away, or is asked again how it stands. */
export const ASK_AGAIN_MS = 60_000

/** Seconds behind its window after which one ends whose upstream still says no end. */
const ENDED_WITHIN = 2 * 86_400

/** Whether it should have ended long ago. */
export const isOverdue = (gate: Pick<Gate, 'now'>, { expires_at }: BatchRow, within = ENDED_WITHIN) =>
  expires_at !== null && secondsOf(gate) >= expires_at + within

/** What the life of a batch needs. */
export type Life = { gate: Gate; charging: Charging; signal: AbortSignal }

const endings = ['failed', 'completed', 'expired', 'cancelled'] as const
export type Ending = (typeof endings)[number]

export const isEnding = (status: unknown): status is Ending => (endings as readonly unknown[]).includes(status)

export const secondsOf = ({ now }: Pick<Gate, 'now'>) => Math.floor(now() / 1000)

/** Ends a batch that stands as it was read, and has its project's webhooks told of that; what it holds is given back before anybody hears of it. */
export async function end(
  { gate, charging }: Life,
  batch: BatchRow,
  status: Ending,
  change: BatchChange,
): Promise<void> {
  await charging.end(batch)
  const left = { ...batch, ...change }
  const due_at = left.upstream_file_id === null && left.copying === null ? null : gate.now()
  const at = { [`${status}_at`]: secondsOf(gate) }
  await inTransaction(gate.db.write, async (tx) => {
    const ended = await changeBatch(tx, batch, { ...at, ...change, status, due_at })
    if (ended === null) return
    const { id, organization_id: organizationId, project_id: projectId } = batch
    const happened = { type: `batch.${status}`, data: { id }, at: gate.now() }
    await emitWebhook(tx, gate.newId, { organizationId, projectId }, happened)
  })
}

export const fail = (life: Life, batch: BatchRow, errors: readonly LineError[]) =>
  end(life, batch, 'failed', { errors: keptErrors(errors) })
