import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  statSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { usageFolder } from '../beside.ts'
import { isBusy, isNoDatabase } from '../errors.ts'
import { LaterSchema } from '../migrate.ts'
import { migrations } from '../migrations/index.ts'
import { DatabaseRefusal } from '../refusal.ts'
import { holdServing } from '../serving-lock.ts'
import { theFile } from './backup.ts'
import { publish, sync } from './durable.ts'
import { BESIDE, discard, type Snapshot, snapshot } from './snapshot.ts'

export type Restored = Snapshot & {
  /** Where the database is now that was there before; null: there was none. */
  kept: string | null
}

/**
 * Puts a backup in the place of a SQLite database, which is kept beside it. The backup is copied and checked before anything is
 * touched; nobody can begin to serve the file meanwhile, and at every moment there is the one or the other under its name.
 * @param now milliseconds since the epoch, for the name of the one that is kept
 * @throws DatabaseRefusal where it is served or in use, or the backup is none; LaterSchema
 */
export async function restore(databaseUrl: string, from: string, now: number): Promise<Restored> {
  const named = theFile(databaseUrl, 'pg_restore, or psql, restores PostgreSQL')
  if (!existsSync(from)) throw new DatabaseRefusal(`there is no file ${from}`)
  const there = existsSync(named)
  if (!there) mkdirSync(dirname(named), { recursive: true, mode: 0o700 })
  // An empty file is a database with nothing in it: there is something to hold on to.
  closeSync(openSync(named, 'a', 0o600))
  const path = realpathSync(named)
  if (path === realpathSync(from)) throw new DatabaseRefusal(`${from} is the database itself`)
  using _serving = holdServing(path)
  const unfinished = `${path}.${process.pid}.partial`
  try {
    const taken = await snapshot(from, unfinished)
    if (!Object.hasOwn(migrations, taken.schema)) throw new LaterSchema()
    const aside = `${path}.${stamp(now)}`
    const kept = there && statSync(path).size > 0 ? setAside(path, aside) : null
    // What is left of one that is damaged or gone must not be taken for part of the new one.
    for (const suffix of BESIDE) moveIfThere(path + suffix, aside + suffix)
    publish(unfinished, path)
    // What waits to be written is usage of the other one. Until here it is the one that would be served.
    if (kept !== null) moveIfThere(usageFolder(`sqlite:${path}`) ?? '', usageFolder(`sqlite:${kept}`) ?? '')
    return { ...taken, kept }
  } finally {
    discard(unfinished)
    if (!there && statSync(path).size === 0) discard(path)
  }
}

/** Gives the file a second name. */
function setAside(path: string, kept: string): string {
  takeIn(path)
  alsoAs(path, kept)
  sync(kept)
  sync(dirname(path))
  return kept
}

/** Not every file system has a second name for a file. */
function alsoAs(path: string, kept: string) {
  try {
    linkSync(path, kept)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error
    copyFileSync(path, kept, constants.COPYFILE_EXCL)
  }
}

/** Has all of a database in its one file, unless it is damaged. */
function takeIn(path: string): void {
  try {
    using db = new DatabaseSync(path)
    db.exec('pragma journal_mode = delete')
  } catch (error) {
    if (isNoDatabase(error)) return
    if (!isBusy(error)) throw error
    const message = `${path} is in use by another program: end it, and try again`
    throw new DatabaseRefusal(message, { cause: error })
  }
}

function moveIfThere(from: string, to: string) {
  if (existsSync(from)) renameSync(from, to)
}

/** `2026-11-29T02-41-00Z`, which every file system takes. */
const stamp = (now: number) =>
  new Date(now)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '-')
