import { addHeldMoney } from './batch-held.ts'
import type { Db, Row } from './tables.ts'
import { inTransaction } from './transaction.ts'

export type OpenResponse = Row<'background_response'>

const ownerOf = ({ organization_id, project_id }: Pick<OpenResponse, 'organization_id' | 'project_id'>) => ({
  organizationId: organization_id,
  projectId: project_id,
})

/** Writes one down that is about to be sent, with the money that it holds from then on. */
export async function openResponse(db: Db, row: OpenResponse): Promise<void> {
  await inTransaction(db, async (tx) => {
    await tx.insertInto('background_response').values(row).execute()
    await addHeldMoney(tx, ownerOf(row), row.reserved_nano)
  })
}

/** Notes what became of one that is not settled: how its model server calls it, or when that is asked next. */
export async function noteResponse(
  db: Db,
  { id, organization_id }: Pick<OpenResponse, 'id' | 'organization_id'>,
  change: Partial<Pick<OpenResponse, 'response_id' | 'upstream' | 'due_at'>>,
): Promise<void> {
  await db
    .updateTable('background_response')
    .set(change)
    .where('organization_id', '=', organization_id)
    .where('id', '=', id)
    .execute()
}

/**
 * Those whose model servers are to be asked how they stand, of all organizations; first those that have waited longest.
 * @param now milliseconds since the epoch
 * @param notAt upstreams of which none are wanted: however many one has, it hides nobody else's
 */
export function dueResponses(
  db: Db,
  { now, limit, notAt }: { now: number; limit: number; notAt: readonly string[] },
): Promise<OpenResponse[]> {
  let due = db.selectFrom('background_response').selectAll().where('due_at', '<=', now)
  if (notAt.length > 0) due = due.where((eb) => eb.or([eb('upstream', 'is', null), eb('upstream', 'not in', notAt)]))
  return due.orderBy('due_at').limit(limit).execute()
}

/** One that is not settled, by what its model server calls it; undefined: it is settled, or was never in the background. */
export const findOpenResponse = (
  db: Db,
  organizationId: string,
  responseId: string,
): Promise<OpenResponse | undefined> =>
  db
    .selectFrom('background_response')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('response_id', '=', responseId)
    .executeTakeFirst()

/**
 * Ends one and gives back the money that it holds.
 * @param settle writes what it has used, in the same transaction
 * @returns whether it was there still: what somebody else has settled is not settled again
 */
export async function closeResponse(tx: Db, row: OpenResponse, settle: () => Promise<void>): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('background_response')
    .where('organization_id', '=', row.organization_id)
    .where('id', '=', row.id)
    .executeTakeFirstOrThrow()
  if (numDeletedRows === 0n) return false
  await settle()
  // Last, since all that hold money of an organization wait for one another there.
  await addHeldMoney(tx, ownerOf(row), -row.reserved_nano)
  return true
}
