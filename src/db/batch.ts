import { sql } from 'kysely'
import type { Db, Row } from './tables.ts'

/** A project's, whose batches are its own. */
export type OfProject = { organizationId: string; projectId: string }

export type BatchRow = Row<'batch'>

/** Columns that say what a batch is, and change never. */
type Fixed = 'id' | 'organization_id' | 'project_id'
export type BatchChange = Partial<Omit<BatchRow, Fixed>>

/** Batches that are worked on at one look. */
const MOST_DUE = 100
/** Batches that are read at once of all that the gate runs. */
const OPEN_PAGE = 1000

export async function insertBatch(db: Db, row: BatchRow): Promise<void> {
  await db.insertInto('batch').values(row).execute()
}

/** A project's own; null where it has none of this id. */
export async function findBatch(
  db: Db,
  { organizationId, projectId }: OfProject,
  id: string,
): Promise<BatchRow | null> {
  const row = await db
    .selectFrom('batch')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('project_id', '=', projectId)
    .where('id', '=', id)
    .executeTakeFirst()
  return row ?? null
}

/**
 * A project's own, the newest first.
 * @param after the last that was shown before; null: from the beginning
 * @returns null where that is none of the project's
 */
export async function listBatches(
  db: Db,
  project: OfProject,
  { after, limit }: { after: string | null; limit: number },
): Promise<BatchRow[] | null> {
  const last = after === null ? null : await findBatch(db, project, after)
  if (after !== null && last === null) return null
  let own = db
    .selectFrom('batch')
    .selectAll()
    .where('organization_id', '=', project.organizationId)
    .where('project_id', '=', project.projectId)
  if (last !== null) {
    own = own.where(({ eb, refTuple, tuple }) => eb(refTuple('made_at', 'id'), '<', tuple(last.made_at, last.id)))
  }
  return own.orderBy('made_at', 'desc').orderBy('id', 'desc').limit(limit).execute()
}

/**
 * Those of all organizations that are to be worked on. The one of each project and upstream that has waited longest comes first, then the
 * second of each: however many one has, it hides nobody else's.
 * @param now milliseconds since the epoch
 */
export async function dueBatches(db: Db, now: number): Promise<BatchRow[]> {
  const ranked = db
    .selectFrom('batch')
    .selectAll()
    .select(
      sql<number>`row_number() over (partition by project_id, upstream, upstream_file_id is null order by due_at, id)`.as(
        'place',
      ),
    )
    .where('due_at', '<=', now)
  const rows = await db
    .selectFrom(ranked.as('ranked'))
    .selectAll()
    .orderBy('place')
    .orderBy('due_at')
    .orderBy('id')
    .limit(MOST_DUE)
    .execute()
  return rows.map(({ place: _, ...row }) => row)
}

const openColumns = [
  ...(['id', 'organization_id', 'project_id', 'key_id', 'model', 'status', 'upstream_batch_id'] as const),
  ...(['made_at', 'expires_at', 'due_at', 'request_total'] as const),
] as const
/** A batch that the gate runs itself, by what its runner needs of it. */
export type OpenBatch = Pick<BatchRow, (typeof openColumns)[number]>

/** Those of all organizations that the gate runs itself and that are still worked on, a thousand at a time. */
export async function* openBatches(db: Db): AsyncGenerator<OpenBatch[], void, void> {
  for (let after = ''; ; ) {
    const rows = await db
      .selectFrom('batch')
      .select(openColumns)
      .where('runner', '=', sql.lit('gatehouse'))
      .where('due_at', 'is not', null)
      .where('id', '>', after)
      .orderBy('id')
      .limit(OPEN_PAGE)
      .execute()
    yield rows
    if (rows.length < OPEN_PAGE) return
    after = rows.at(-1)?.id ?? ''
  }
}

/** How many batches of a project are still worked on. @param most beyond which nobody counts */
export async function countWorking(db: Db, { organizationId, projectId }: OfProject, most: number): Promise<number> {
  const working = await db
    .selectFrom('batch')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('project_id', '=', projectId)
    .where('due_at', 'is not', null)
    .limit(most)
    .execute()
  return working.length
}

/**
 * Changes a batch, as long as it stands as it was read: who asks to cancel it, and another server that has taken it over, are not
 * written over.
 * @returns the batch as it is then; null where it stands otherwise by now
 */
export async function changeBatch(
  db: Db,
  { id, organization_id, status, upstream_file_id, upstream_batch_id, sent_at }: BatchRow,
  change: BatchChange,
): Promise<BatchRow | null> {
  const row = await db
    .updateTable('batch')
    .set(change)
    .where('organization_id', '=', organization_id)
    .where('id', '=', id)
    .where('status', '=', status)
    .where('upstream_file_id', upstream_file_id === null ? 'is' : '=', upstream_file_id)
    .where('upstream_batch_id', upstream_batch_id === null ? 'is' : '=', upstream_batch_id)
    .where('sent_at', sent_at === null ? 'is' : '=', sent_at)
    .returningAll()
    .executeTakeFirst()
  return row ?? null
}

/** Notes what does not hang on how a batch stands: what an upstream has made of it, and when to look again. */
export async function noteBatch(
  db: Db,
  { id, organization_id }: Pick<BatchRow, 'id' | 'organization_id'>,
  change: BatchChange,
): Promise<void> {
  await db
    .updateTable('batch')
    .set(change)
    .where('organization_id', '=', organization_id)
    .where('id', '=', id)
    .execute()
}
