import { once as eventOnce } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate } from '../../src/db/migrate.ts'
import { openDb } from '../../src/db/open.ts'
import { type OwnPostgres, startPostgres } from './postgres.ts'

/** The variable of the environment in which the files of one run find the address to ask for their databases. */
export const SHARED_DATABASES = 'TEST_DATABASES_SHARED'

/**
 * What is asked there for a database that has this version's schema and nothing else, to be copied: the name of one in the
 * PostgreSQL, the path of a SQLite file.
 */
export const MIGRATED = { postgres: '/migrated/postgres', sqlite: '/migrated/sqlite' }
const NAME = 'migrated'
/**
 * What a PostgreSQL writes twice, for a machine that loses its power and for others that follow it: of this one nobody kills the machine, and
 * each database that is copied is a checkpoint, behind which every page that is written is written whole into the log.
 */
const UNDOUBLED = ['full_page_writes=off', 'wal_level=minimal', 'max_wal_senders=0']

/**
 * Offers all files of a run, which are processes of their own, one PostgreSQL: the first that asks starts it, so that a run that
 * needs none starts none. Likewise the databases that are copied. Disposing stops it and removes its data.
 * @returns the address that answers with the server's URL
 */
export async function shareDatabases(): Promise<AsyncDisposable & { url: string }> {
  // What is made for whoever asks is made later, and ends with what whoever opened this disposes of.
  const stack = new AsyncDisposableStack()
  const postgres = once(async () => stack.use(await startPostgres(async () => UNDOUBLED)))
  const answers: Record<string, () => Promise<string>> = {
    '/': async () => (await postgres()).url,
    [MIGRATED.postgres]: once(async () => makeMigrated(await postgres())),
    [MIGRATED.sqlite]: once(async () => {
      const folder = await mkdtemp(join(tmpdir(), 'gatehouse-migrated-'))
      stack.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
      return makeMigratedFile(folder)
    }),
  }
  const door = createServer(({ url = '/' }, response) => {
    const answer = answers[url]?.() ?? Promise.reject(new Error(`nothing is shared as ${url}`))
    answer.then(
      (text) => response.end(text),
      (error: Error) => response.writeHead(500).end(error.message),
    )
  })
  door.listen(0, '127.0.0.1')
  await eventOnce(door, 'listening')
  stack.defer(() => {
    door.close()
    door.closeAllConnections()
  })
  return {
    url: `http://127.0.0.1:${(door.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

/** Does something for whoever asks first, and gives all others what it gave. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}

/** Makes the database that is copied; nobody connects to it afterwards, which would keep others from copying it. */
async function makeMigrated({ url, run }: OwnPostgres): Promise<string> {
  await run(`create database ${NAME}`)
  const db = await openDb(`${url}/${NAME}`, { connections: 1 })
  await migrate(db).finally(() => db.destroy())
  await run(`alter database ${NAME} with allow_connections false`)
  return NAME
}

/** Makes the file that is copied. With its last connection closed, all of it is in that one. */
async function makeMigratedFile(folder: string): Promise<string> {
  const path = join(folder, `${NAME}.db`)
  const db = await openDb(`sqlite:${path}`)
  await migrate(db).finally(() => db.destroy())
  return path
}
