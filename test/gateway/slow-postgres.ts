import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A way to a PostgreSQL on which a test can hold single answers back, as a slow network would. */
export type SlowPostgres = AsyncDisposable & {
  url: string
  /** The answer to the next statement that holds this text waits for `release`, or is lost with its connection by `cut`. */
  hold: (statement: string) => { held: () => boolean; release: () => void; cut: () => void }
}

export async function startSlowPostgres(databaseUrl: string): Promise<SlowPostgres> {
  const { hostname, port } = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  let wanted: { statement: string; caught: (answers: PromiseWithResolvers<void>, cut: () => void) => void } | null =
    null

  const server = createServer((client) => {
    const behind = connect({ host: hostname, port: Number(port) })
    let answers: PromiseWithResolvers<void> | null = null
    client.on('data', (bytes) => {
      if (wanted && bytes.includes(wanted.statement)) {
        answers = Promise.withResolvers<void>()
        wanted.caught(answers, () => client.destroy())
        wanted = null
      }
      behind.write(bytes)
    })
    behind.on('data', async (bytes) => {
      // Chunks of one connection stay in order: they all wait for the same promise.
      if (answers) await answers.promise
      client.write(bytes)
    })
    for (const [one, other] of [
      [client, behind],
      [behind, client],
    ] as const) {
      sockets.add(one)
      one.on('error', () => {}).once('close', () => other.destroy())
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(databaseUrl)
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: url.href,
    hold: (statement) => {
      let caught: PromiseWithResolvers<void> | null = null
      let cut = () => {}
      wanted = {
        statement,
        caught: (answers, end) => {
          caught = answers
          cut = end
        },
      }
      return { held: () => caught !== null, release: () => caught?.resolve(), cut: () => cut() }
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
