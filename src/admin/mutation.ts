import type { AuditActor, AuditType, Origin } from '../core/audit.ts'
import type { NewId } from '../core/id.ts'
import { idsAfterNewest, insertAudit } from '../db/audit.ts'
import { announceChange } from '../db/changes.ts'
import { lockOrganization, takeTurn } from '../db/lock.ts'
import type { Db, Tx } from '../db/tables.ts'
import { inTransaction } from '../db/transaction.ts'
import type { Change } from './handlers.ts'

/** Where a change belongs and who makes it: what its audit rows say. */
export type Attribution = {
  organizationId: string
  /** The project that was changed, or null: the organization itself, and with it perhaps all of its projects. */
  projectId: string | null
  /** Changes of the organization itself are recorded against its default project, as the original does. */
  defaultProjectId: string
  actor: AuditActor | null
  origin: Origin
}

export type Mutator = { db: Db; newId: NewId }

/** What the change is in the audit log, and whose; null where its work is yet to find that out. */
export type Event = {
  type: AuditType
  organizationId: string | null
  /** Nothing that is remembered of anybody changes with it. */
  unheard?: boolean | undefined
}

/** What a change does in its transaction, with ids for what it makes; it may find out there that nobody need hear of it. */
type Work<C> = (tx: Tx, newId: NewId) => Promise<{ change: C; by: Attribution; unheard?: boolean }>

/**
 * Makes a change and records it, in one transaction: either both are there afterwards or neither. The work may be done
 * more than once, so it must do nothing but use the database it is given.
 * Changes of one organization take turns.
 */
export async function mutate<C extends Change<unknown>>(
  app: Mutator,
  event: Event,
  work: Work<C>,
): Promise<C & { by: Attribution }> {
  const endTurn = event.organizationId === null ? null : await takeTurn(app.db, event.organizationId)
  try {
    return await inTransaction(app.db, (tx) => mutateIn(tx, app.newId, event, work))
  } finally {
    endTurn?.()
  }
}

async function mutateIn<C extends Change<unknown>>(
  tx: Tx,
  newId: NewId,
  { type, organizationId: locked, unheard: unheardOf }: Event,
  work: Work<C>,
): Promise<C & { by: Attribution }> {
  if (locked !== null) await lockOrganization(tx, locked)
  const known = locked === null ? null : await idsAfterNewest(tx, locked, newId)
  const { change, by, unheard = unheardOf } = await work(tx, known ?? newId)
  const { organizationId, actor, origin } = by
  const ids = known ?? (await idsAfterNewest(tx, organizationId, newId))
  const events: NonNullable<C['also']> = [{ type, payload: change.audit }, ...(change.also ?? [])]
  const rows = events.map(({ type, payload, projectId = by.projectId ?? by.defaultProjectId }) => {
    return { id: ids('audit'), organizationId, projectId, type, actor, origin, payload }
  })
  await insertAudit(tx, rows)
  if (!unheard) await announceChange(tx, { organizationId, projectId: by.projectId })
  return { ...change, by }
}
