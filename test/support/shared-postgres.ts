import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type OwnPostgres, startPostgres } from './postgres.ts'

/** The variable of the environment in which the files of one run find the address to ask for their PostgreSQL. */
export const SHARED_POSTGRES = 'TEST_POSTGRES_SHARED'

/**
 * Offers one PostgreSQL to all files of a run, which are processes of their own: the first that asks starts it, so that a run
 * that needs none starts none. Disposing stops it and removes its data.
 * @returns the address that answers with the server's URL
 */
export async function sharePostgres(): Promise<AsyncDisposable & { url: string }> {
  let running: Promise<OwnPostgres> | undefined
  const door = createServer((_, response) => {
    running ??= startPostgres()
    running.then(
      ({ url }) => response.end(url),
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
