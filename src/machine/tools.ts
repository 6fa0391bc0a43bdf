import type { LogEvent } from 'kysely'
import type { Logger } from 'pino'
import type { Config } from '../config/settings.ts'
import { idSource, type NewId } from '../core/id.ts'
import { isUnavailable } from '../db/errors.ts'
import type { Seeing } from '../db/open.ts'
import { type Watched, watched } from '../db/watched.ts'
import { PrometheusMetrics } from '../listener/metrics.ts'
import { openLog } from '../log/open.ts'

/** What every part of the machine is given. */
export type Tools = {
  /** Milliseconds since the epoch. */
  now: () => number
  log: Logger
  newId: NewId
  metrics: PrometheusMetrics
  seeing: Seeing
  /** Whether the database can be asked, and the channel of changes is open. */
  watched: Watched
}

/** What tests put in place of the real thing. */
export type ReplacedTools = {
  /** Milliseconds since the epoch. */
  now?: () => number
  log?: Logger
  /** What every statement is shown to before it is run. */
  plugins?: Seeing['plugins']
}

/** The tools; disposing writes what waits of the log. */
export function openTools({ logLevel }: Pick<Config, 'logLevel'>, replaced: ReplacedTools): Tools & Disposable {
  const now = replaced.now ?? Date.now
  const metrics = new PrometheusMetrics()
  const dropped = () => metrics.count('gatehouse_log_lines_dropped_total')
  const { log, [Symbol.dispose]: dispose } = replaced.log
    ? { log: replaced.log, [Symbol.dispose]: () => {} }
    : openLog(logLevel, dropped)
  const told = watched({ log, metrics, clock: () => performance.now() })
  const onQuery = (event: LogEvent) => {
    metrics.count('gatehouse_sql_statements_total')
    if (event.level === 'error' && isUnavailable(event.error)) told.database.doubt()
  }
  const seeing = { onQuery, plugins: replaced.plugins ?? [], availability: told.database }
  return { now, log, newId: idSource(now), metrics, seeing, watched: told, [Symbol.dispose]: dispose }
}
