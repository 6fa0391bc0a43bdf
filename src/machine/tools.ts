import type { LogEvent } from 'kysely'
import pino, { type Logger } from 'pino'
import type { Config } from '../config/settings.ts'
import { idSource, type NewId } from '../core/id.ts'
import { isUnavailable } from '../db/errors.ts'
import type { Seeing } from '../db/open.ts'
import { type Watched, watched } from '../db/watched.ts'
import { PrometheusMetrics } from '../listener/metrics.ts'
import { openLog, type ProcessLog } from '../log/open.ts'
import { clockOf } from '../thread/clock.ts'

/** What every part of the machine is given. */
export type Tools = {
  /** Milliseconds since the epoch. */
  now: () => number
  log: Logger
  /** The least that is logged. */
  logLevel: string
  /** Writes lines of the log that another thread has made. */
  writeLog: (lines: string) => void
  newId: NewId
  metrics: PrometheusMetrics
  seeing: Seeing
  /** Whether the database can be asked, and the channel of changes is open. */
  watched: Watched
}

/** What tests put in place of the real thing. */
export type ReplacedTools = {
  /** In shared memory: seconds that the clock is ahead of the system's, in every thread. */
  aheadSeconds?: Int32Array
  /** Where the log goes instead, from which level on. */
  log?: { level: string; write: (lines: string) => void }
  /** What every statement of the machine is shown to before it is run. */
  plugins?: Seeing['plugins']
}

/** The tools; disposing writes what waits of the log. */
export function openTools(config: Pick<Config, 'logLevel'>, replaced: ReplacedTools): Tools & Disposable {
  const now = clockOf(replaced.aheadSeconds ?? null)
  const metrics = new PrometheusMetrics()
  const dropped = () => metrics.count('gatehouse_log_lines_dropped_total')
  const {
    log,
    write,
    [Symbol.dispose]: dispose,
  } = replaced.log ? given(replaced.log) : openLog(config.logLevel, dropped)
  const told = watched({ log, metrics, clock: () => performance.now() })
  const onQuery = (event: LogEvent) => {
    metrics.count('gatehouse_sql_statements_total')
    if (event.level === 'error' && isUnavailable(event.error)) told.database.doubt()
  }
  const seeing = { onQuery, plugins: replaced.plugins ?? [], availability: told.database }
  const logLevel = replaced.log?.level ?? config.logLevel
  return {
    ...{ now, log, logLevel, writeLog: write, newId: idSource(now), metrics, seeing, watched: told },
    [Symbol.dispose]: dispose,
  }
}

const given = ({ level, write }: NonNullable<ReplacedTools['log']>): ProcessLog => ({
  log: pino({ level, base: null }, { write }),
  write,
  [Symbol.dispose]() {},
})
