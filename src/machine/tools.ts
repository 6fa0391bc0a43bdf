import type { Logger } from 'pino'
import type { Config } from '../config/settings.ts'
import { idSource, type NewId } from '../core/id.ts'
import type { Seeing } from '../db/open.ts'
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
  const onQuery = () => metrics.count('gatehouse_sql_statements_total')
  const seeing = { onQuery, plugins: replaced.plugins ?? [] }
  return { now, log, newId: idSource(now), metrics, seeing, [Symbol.dispose]: dispose }
}
