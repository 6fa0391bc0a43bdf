import { closeSync, openSync, realpathSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { isBusy } from './errors.ts'
import { DatabaseRefusal } from './refusal.ts'

type Held = { lock: DatabaseSync; times: number }

/** By the file's path. A lock is the process's, as the system's are: what serves in one process shares it. */
const held = new Map<string, Held>()

/**
 * Says that this process serves a SQLite file, until it is disposed of or the process ends, however that happens. Two that did would
 * count limits and money each for itself. What is locked is an empty file beside it, in SQLite's own way: no statement of a
 * command, or of a backup, waits for it.
 * @param path of a file that is there; links to it are the same file
 * @throws DatabaseRefusal where another process serves it
 */
export function holdServing(path: string): Disposable {
  const file = `${realpathSync(path)}-serving`
  const one = held.get(file) ?? { lock: lockOf(file, path), times: 0 }
  one.times++
  held.set(file, one)
  return {
    [Symbol.dispose]() {
      if (--one.times > 0) return
      held.delete(file)
      one.lock.close()
    },
  }
}

function lockOf(file: string, path: string): DatabaseSync {
  closeSync(openSync(file, 'a', 0o600))
  const lock = new DatabaseSync(file)
  try {
    lock.exec('begin exclusive')
    return lock
  } catch (error) {
    lock.close()
    if (!isBusy(error)) throw error
    const message = `another process serves ${path} already. One process serves a SQLite file: stop the other, or let several serve one PostgreSQL`
    throw new DatabaseRefusal(message, { cause: error })
  }
}
