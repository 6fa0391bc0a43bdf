import { existsSync } from 'node:fs'
import { sqlitePath } from '../open.ts'
import { DatabaseRefusal } from '../refusal.ts'
import { publish } from './durable.ts'
import { discard, type Snapshot, snapshot } from './snapshot.ts'

/**
 * Backs a SQLite database up into a file of its own, beside a running server. The file is there when it is whole, checked and on the disk;
 * until then it has another name.
 * @throws DatabaseRefusal
 */
export async function backUp(databaseUrl: string, to: string): Promise<Snapshot> {
  const path = theFile(databaseUrl, 'pg_dump, or archived WAL, backs PostgreSQL up')
  if (existsSync(to)) throw new DatabaseRefusal(`${to} is there already; a backup overwrites nothing`)
  const unfinished = `${to}.${process.pid}.partial`
  try {
    const taken = await snapshot(path, unfinished)
    publish(unfinished, to)
    return taken
  } finally {
    discard(unfinished)
  }
}

/** @throws DatabaseRefusal where the database is no file. @param instead what does it for PostgreSQL */
export function theFile(databaseUrl: string, instead: string): string {
  const path = sqlitePath(databaseUrl)
  if (path === null) throw new DatabaseRefusal(`this works on SQLite files: ${instead}`)
  if (path === ':memory:') throw new DatabaseRefusal("a database in memory is its server's alone")
  return path
}
