import { closeSync, existsSync, openSync, rmSync, statSync } from 'node:fs'
import { backup, DatabaseSync } from 'node:sqlite'
import { isNoDatabase } from '../errors.ts'
import { migrations } from '../migrations/index.ts'
import { DatabaseRefusal, said } from '../refusal.ts'

/** A database file that is whole: its size, and the newest of its migrations. */
export type Snapshot = { bytes: number; schema: string }

/** All pages in one step: a copy in several would begin again whenever somebody writes between two. */
const ALL_PAGES = 0x7fff_ffff
/** What SQLite puts beside a file. */
export const BESIDE = ['-wal', '-shm', '-journal']

/**
 * Copies a SQLite database as it is at one moment into a new file, which is its owner's alone, needs no other beside it, and is checked.
 * Those who use the database meanwhile read and write as ever; what they write from then on is not in it.
 * @param from a file that nobody changes by this, under a name that a person knows
 * @throws DatabaseRefusal where it is none of ours, or damaged; then there is no new file
 */
export async function snapshot(from: string, to: string): Promise<Snapshot> {
  if (!existsSync(from)) throw new DatabaseRefusal(`there is no file ${from}`)
  closeSync(openSync(to, 'wx', 0o600))
  try {
    using source = new DatabaseSync(from, { readOnly: true })
    await backup(source, to, { rate: ALL_PAGES })
    return { schema: finish(to, from), bytes: statSync(to).size }
  } catch (error) {
    discard(to)
    throw isNoDatabase(error) ? damaged(from, said(error)) : error
  }
}

/** Removes a file that is no database of anybody's any more, with what SQLite has put beside it. */
export function discard(file: string): void {
  for (const suffix of ['', ...BESIDE]) rmSync(file + suffix, { force: true })
}

/** Takes what is beside a file into it, and checks it. @returns the newest migration */
function finish(file: string, name: string): string {
  using db = new DatabaseSync(file)
  db.exec('pragma journal_mode = delete')
  const schema = newestMigration(db)
  if (schema === null) throw new DatabaseRefusal(`${name} is not a Gatehouse database`)
  const found = db.prepare('pragma integrity_check(1)').get()
  if (found?.integrity_check !== 'ok') throw damaged(name, String(found?.integrity_check))
  return schema
}

function newestMigration(db: DatabaseSync): string | null {
  const table = db.prepare("select 1 from sqlite_master where type = 'table' and name = 'kysely_migration'").get()
  if (!table) return null
  const names = db.prepare('select name from kysely_migration order by name').all()
  const ours = names.some(({ name }) => Object.hasOwn(migrations, String(name)))
  return ours ? String(names.at(-1)?.name) : null
}

const damaged = (name: string, why: string) => new DatabaseRefusal(`${name} is no database, or a damaged one (${why})`)
