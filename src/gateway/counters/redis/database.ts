import { DAY_MS, drained } from '../../../core/limit.ts'
import { findSpentBy } from '../../../db/spend-of-writer.ts'
import type { Db } from '../../../db/tables.ts'
import type { Source } from './source.ts'

export type DatabaseSourceParts = {
  /** For reading. */
  db: Db
  /** Names this process. */
  writer: string
  /** Milliseconds since the epoch. */
  now: () => number
}

/** What Redis is given from the database. */
export function databaseSource({ db, writer, now }: DatabaseSourceParts): Source {
  return {
    writer,
    spent: (organizationId, projectIds, month) => findSpentBy(db, organizationId, projectIds, month),
    async days(organizationId) {
      const rows = await db
        .selectFrom('limit_level')
        .select(['key', 'level', 'maximum', 'at_ms'])
        .where('organization_id', '=', organizationId)
        .execute()
      return rows.flatMap(({ key, level: saved, maximum, at_ms }) => {
        // A clock that was set back makes no time pass.
        const level = drained(saved, Math.max(0, now() - at_ms), maximum, DAY_MS)
        return level > 0 ? [{ key, level, limit: maximum }] : []
      })
    },
  }
}
