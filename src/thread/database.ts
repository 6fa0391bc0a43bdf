import type { LogEvent } from 'kysely'
import type { Counts } from '../core/counts.ts'
import { type Availability, isSaidThere } from '../core/dependency.ts'
import { isUnavailable } from '../db/errors.ts'
import type { Seeing } from '../db/open.ts'
import type { ThreadStart } from './start.ts'

/** Whether the database is there, as the machine knows it, which asks it when somebody here has doubts. */
export function databaseFrom({ database: { flag } }: Pick<ThreadStart, 'database'>, doubt: () => void): Availability {
  return {
    get isThere() {
      return isSaidThere(flag)
    },
    doubt() {
      if (isSaidThere(flag)) doubt()
    },
  }
}

/** Whom this thread's statements are shown to. */
export function seenBy(metrics: Counts, availability: Availability): Seeing {
  const onQuery = (event: LogEvent) => {
    metrics.count('gatehouse_sql_statements_total')
    if (event.level === 'error' && isUnavailable(event.error)) availability.doubt()
  }
  return { onQuery, plugins: [], availability }
}
