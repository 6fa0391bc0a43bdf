import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'

/** How often a free port is asked for again that somebody else took at once. */
const ATTEMPTS = 5

/** A port that is this process's alone until it is disposed of, and on which nothing listens yet. */
export type ClaimedPort = AsyncDisposable & { port: number }

/**
 * Claims a port for the threads, which share it: so the system would let another process share it too. It is listened on for a
 * moment as nobody can who shares; behind that the port's name is held, where the system has names, which another
 * Gatehouse that is at the same point asks for as well.
 * @param port 0: any that is free
 * @throws Error with the code EADDRINUSE where it is taken
 */
export async function claimPort(host: string, port: number): Promise<ClaimedPort> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await claim(host, port)
    } catch (error) {
      if (port !== 0 || attempt === ATTEMPTS || !isTaken(error)) throw error
    }
  }
}

export const isTaken = (error: unknown) => (error as NodeJS.ErrnoException).code === 'EADDRINUSE'

async function claim(host: string, wanted: number): Promise<ClaimedPort> {
  await using probe = listening(await listen({ host, port: wanted, exclusive: true }))
  const { address, port } = probe.server.address() as AddressInfo
  const name = await held(address, port)
  return { port, [Symbol.asyncDispose]: () => name[Symbol.asyncDispose]() }
}

/** Only Linux has names of sockets without a file, in the same namespace as its ports. */
async function held(address: string, port: number): Promise<AsyncDisposable> {
  if (process.platform !== 'linux') return { async [Symbol.asyncDispose]() {} }
  try {
    return listening(await listen({ path: `\0gatehouse ${address} ${port}` }))
  } catch (error) {
    if (!isTaken(error)) throw error
    const message = `listen EADDRINUSE: address already in use ${address}:${port}`
    throw Object.assign(new Error(message), { code: 'EADDRINUSE', syscall: 'listen', address, port })
  }
}

async function listen(where: { host: string; port: number; exclusive: true } | { path: string }): Promise<Server> {
  const server = createServer((socket) => socket.destroy())
  server.listen(where)
  await once(server, 'listening')
  return server
}

const listening = (server: Server) => ({
  server,
  [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
})
