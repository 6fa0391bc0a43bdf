import type { Log } from '../../core/log.ts'
import { usageFolder } from '../../db/beside.ts'
import { Spill } from './spill.ts'

type Parts = {
  log: Pick<Log, 'info' | 'error'>
  /** Told of what is lost. */
  dropped: (entries: number) => void
}

/**
 * Where usage waits that its database does not take as fast as it comes: beside a SQLite file, which is served by one process. Null
 * where there is no such place.
 */
export function openSpill(databaseUrl: string, { log, dropped }: Parts): Spill | null {
  const folder = usageFolder(databaseUrl)
  if (folder === null) return null
  const spill = new Spill(folder, (rows, why) => {
    // A row is of one entry at least; how many more, its file would have said.
    dropped(rows)
    log.error({ rows, err: why }, 'usage is lost: what waited on the disk cannot be read')
  })
  if (spill.rows > 0)
    log.info({ rows: spill.rows }, 'usage of an earlier process waits on the disk, and is written now')
  return spill
}
