import type { Log } from '../core/log.ts'
import type { LineLog } from './line.ts'

/** What is said of a connection alone is beside what is said of what it means. */
export const quiet = (log: Pick<Log, 'debug'>): LineLog => ({
  info: (message) => log.debug({}, message),
  warn: (fields, message) => log.debug(fields, message),
})
