import type { Owned } from '../core/owned.ts'
import type { Db, Row } from './tables.ts'

/**
 * What is known of these things, with one statement, however many there are. It is written for a number that is a power of two,
 * so that few statements are ever prepared.
 */
export function findOwned(db: Db, wanted: readonly Owned[]): Promise<Row<'owned'>[]> {
  const kinds = new Set(wanted.map(({ kind }) => kind))
  const ids = [...new Set(wanted.map(({ id }) => id))]
  const last = ids.slice(-1)
  for (const length = 2 ** Math.ceil(Math.log2(ids.length)); ids.length < length; ) ids.push(...last)
  return db
    .selectFrom('owned')
    .selectAll()
    .where('kind', 'in', [...kinds])
    .where('id', 'in', ids)
    .execute()
}

/**
 * Ends something before its time, and what came with it where it is a response. The rows stay until the retention finds them,
 * so that nobody is given the same ids meanwhile.
 * @param now Unix seconds
 */
export async function endOwned(db: Db, { kind, id, organizationId }: Owned & { organizationId: string }, now: number) {
  const ending = db
    .updateTable('owned')
    .set({ expires_at: now })
    .where('organization_id', '=', organizationId)
    .where('expires_at', '>', now)
  await ending.where('kind', '=', kind).where('id', '=', id).execute()
  if (kind === 'response') await ending.where('response_id', '=', id).execute()
}
