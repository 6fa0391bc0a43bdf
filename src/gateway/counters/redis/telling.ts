import type { Log } from '../../../core/log.ts'

/** What is logged where a thread could not bring Redis what only it knows. */
export const tellingFailed = (log: Pick<Log, 'warn'>) => (err: unknown) =>
  log.warn({ err }, 'Redis could not be told what it has lost; it will be tried again')
