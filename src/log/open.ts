import pino, { type Logger } from 'pino'
import { BoundedWriter } from './bounded-writer.ts'

/** The log of a process. Disposing writes what waits. */
export type ProcessLog = Disposable & {
  log: Logger
  /** Writes lines that another thread has made of what it says, as they are. */
  write: (lines: string) => void
}

/**
 * The log on standard error, as JSON lines. Everything that this process says there is a line of it: also what Node warns of, and
 * the failure that nobody caught and that ends the process. Node's own words for these would wait for a reader.
 * @param level the least that is written
 * @param dropped told of each line that nobody read in time
 */
export function openLog(level: string, dropped: () => void): ProcessLog {
  const over = (lines: number) =>
    log.error({ dropped: lines }, `${lines} lines of the log were dropped: they could not be written in time`)
  const writer = new BoundedWriter(2, { dropped, over })
  const log = pino({ level, base: null }, writer)
  const warned = (err: Error) => log.warn({ err }, 'a warning of Node')
  const uncaught = (err: unknown) => {
    log.fatal({ err }, 'the process ends: a failure that nobody caught')
    process.exit(1)
  }
  const nodes = process.listeners('warning')
  process.removeAllListeners('warning').on('warning', warned).on('uncaughtException', uncaught)
  return {
    log,
    write: (lines) => writer.write(lines),
    [Symbol.dispose]() {
      process.removeListener('uncaughtException', uncaught).removeListener('warning', warned)
      for (const listener of nodes) process.on('warning', listener)
      writer[Symbol.dispose]()
    },
  }
}
