import { DAY_MS, drained } from '../../core/limit.ts'
import type { Db } from '../../db/tables.ts'
import type { SavedLevel } from './memory.ts'
import { type SavedRow as Row, saveLevels } from './saved-levels.ts'
import { organizationOf } from './windows.ts'

/** Rows read at once, at a start. */
const PAGE = 1000

/** What counts the windows of a day. */
export interface Days {
  /** Whether any has changed since they were last asked for. Whoever changes one when none was wakes the beat. */
  readonly daysChanged: boolean
  /** Those that have changed since this was last asked, with their levels now. */
  changedDays: () => readonly SavedLevel[] | Promise<readonly SavedLevel[]>
  /** Adds what is still used of days since before. Where there is no room it is forgotten. */
  restoreDays: (saved: readonly SavedLevel[]) => void | Promise<void>
}

/**
 * Carries the windows of a day over a restart: what changed is saved with every beat and at the end, and the next
 * start goes on from there. Windows of a minute begin anew: a restart gives back one minute's worth at most.
 */
export class DailyLevels {
  readonly #limiter: Days
  readonly #now: () => number
  /** What could not be written yet; a later level of the same window takes its place. */
  #unsaved = new Map<string, Row>()

  /** @param now milliseconds since the epoch: the limiter's own clock begins anew with each process */
  constructor(limiter: Days, now: () => number) {
    this.#limiter = limiter
    this.#now = now
  }

  /** Takes up what the last process saved, less what has drained since; once, before the first call. */
  async load(db: Db): Promise<void> {
    const now = this.#now()
    let last: Row | undefined
    do {
      const rows = await readPage(db, last)
      await deleteDrained(db, rows, now - DAY_MS)
      const left = rows.map((row) => ({
        key: row.key,
        // A clock that was set back makes no time pass.
        level: drained(row.level, Math.max(0, now - row.at_ms), row.maximum, DAY_MS),
        limit: row.maximum,
      }))
      await this.#limiter.restoreDays(left.filter(({ level }) => level > 0))
      last = rows.length === PAGE ? rows.at(-1) : undefined
    } while (last)
  }

  /** Whether there is something to save. */
  get waiting(): boolean {
    return this.#limiter.daysChanged || this.#unsaved.size > 0
  }

  /**
   * Writes the levels that have changed since the last time; nothing changed, no statement.
   * One at a time. @throws what the database says; what it did not take is written with the next call
   */
  async save(db: Db): Promise<void> {
    const at_ms = Math.floor(this.#now())
    for (const changed of await this.#limiter.changedDays()) this.#unsaved.set(changed.key, rowOf(changed, at_ms))
    // In the order of the keys, so that two nodes that write the same ones cannot deadlock.
    const rows = [...this.#unsaved.values()].sort((a, b) => (a.key < b.key ? -1 : 1))
    await saveLevels(db, rows, false, (saved) => {
      for (const { key } of saved) this.#unsaved.delete(key)
    })
  }
}

const rowOf = ({ key, level, limit }: SavedLevel, at_ms: number): Row => ({
  organization_id: organizationOf(key),
  key,
  level,
  maximum: limit,
  at_ms,
})

function readPage(db: Db, after: Row | undefined): Promise<Row[]> {
  let rows = db.selectFrom('limit_level').selectAll().orderBy('organization_id').orderBy('key').limit(PAGE)
  if (after) {
    rows = rows.where((eb) =>
      eb(eb.refTuple('organization_id', 'key'), '>', eb.tuple(after.organization_id, after.key)),
    )
  }
  return rows.execute()
}

/** Deletes those of a page that have drained: whatever was within its limit a day ago. @param since epoch milliseconds, a day ago */
async function deleteDrained(db: Db, page: readonly Row[], since: number): Promise<void> {
  const [first, last] = [page[0], page.at(-1)]
  if (!first || !last || !page.some((row) => row.at_ms <= since && row.level <= row.maximum)) return
  await db
    .deleteFrom('limit_level')
    .where(({ eb, refTuple, tuple }) =>
      eb(refTuple('organization_id', 'key'), '>=', tuple(first.organization_id, first.key)),
    )
    .where(({ eb, refTuple, tuple }) =>
      eb(refTuple('organization_id', 'key'), '<=', tuple(last.organization_id, last.key)),
    )
    .where('at_ms', '<=', since)
    .whereRef('level', '<=', 'maximum')
    .execute()
}
