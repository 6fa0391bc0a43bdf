import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { migrate } from '../../src/db/migrate.ts'
import { openDb } from '../../src/db/open.ts'
import { type OwnPostgres, startPostgres } from './postgres.ts'

/** The variable of the environment in which the files of one run find the address to ask for their PostgreSQL. */
export const SHARED_POSTGRES = 'TEST_POSTGRES_SHARED'

/** What is asked there for the name of a database that has this version's schema and nothing else, to be copied. */
export const MIGRATED = '/migrated'
const NAME = 'migrated'

/**
 * Offers one PostgreSQL to all files of a run, which are processes of their own: the first that asks starts it, so that a run
 * that needs none starts none, and likewise for the database that is copied. Disposing stops it and removes its data.
 * @returns the address that answers with the server's URL
 */
export async function sharePostgres(): Promise<AsyncDisposable & { url: string }> {
  let running: Promise<OwnPostgres> | undefined
  let migrated: Promise<string> | undefined
  const start = () => {
    running ??= startPostgres()
    return running
  }
  const makeOnce = () => {
    migrated ??= start().then(makeMigrated)
    return migrated
  }
  const door = createServer(({ url: path }, response) => {
    const answer = path === MIGRATED ? makeOnce() : start().then(({ url }) => url)
    answer.then(
      (text) => response.end(text),
      (error: Error) => response.writeHead(500).end(error.message),
    )
  })
  door.listen(0, '127.0.0.1')
  await once(door, 'listening')
  return {
    url: `http://127.0.0.1:${(door.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      door.close()
      door.closeAllConnections()
      await (await running?.catch(() => null))?.[Symbol.asyncDispose]()
    },
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
