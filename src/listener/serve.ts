import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import { type Config, originOf } from '../config/settings.ts'
import type { NewId } from '../core/id.ts'
import type { Metrics } from '../core/metrics.ts'
import type { ClientPatience, Watch } from './connection.ts'
import { createListener, type Doors } from './listener.ts'

/** What those have in common that listen on one port. */
export type SharedPort = {
  /** 48 random bytes: a client that resumes its TLS session may come to another than the one that began it. */
  ticketKeys: Uint8Array
}

export type ServeParts = {
  newId: NewId
  log: Logger
  metrics: Metrics
  /** What is behind the port. */
  doors: Doors
  /** Where others listen on the port too, each of which gets a part of the connections. */
  shared: SharedPort | null
  /** How long clients may take: what tests put in place of minutes. */
  patience?: Partial<ClientPatience> | undefined
}

/** The listener at work. Disposing takes no new calls and lets the running ones come to their end, for a while. */
export type Serving = AsyncDisposable & {
  /** The listener's address. */
  url: string
  /** Requests that are being answered. */
  inFlight: () => number
}

/** Listens, over TLS where the configuration says so. @throws Error where the port is taken, or the TLS files cannot be used */
export async function serve(
  config: Pick<Config, 'host' | 'port' | 'tls' | 'drainMs'>,
  { newId, log, metrics, doors, shared, patience }: ServeParts,
): Promise<Serving> {
  await using stack = new AsyncDisposableStack()
  const { inFlight, watch } = countRequests(metrics)
  const secure = config.tls && (await import('./tls.ts')).secureServer(config.tls, log, shared?.ticketKeys)
  if (secure) stack.defer(() => secure.close())
  const server = createListener(doors, newId, watch, secure?.create, patience)
  stack.defer(() => drain(server, inFlight, config.drainMs))
  server.listen({ port: config.port, host: config.host, reusePort: shared !== null })
  await once(server, 'listening')
  const url = addressOf(server)
  const rest = stack.move()
  return { url, inFlight, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

function countRequests(metrics: Metrics): { inFlight: () => number; watch: Watch } {
  let running = 0
  metrics.gauge('gatehouse_requests_in_flight', () => running)
  const watch: Watch = {
    begun: () => running++,
    ended(door, status) {
      running--
      if (status === null) return
      metrics.count('gatehouse_requests_total', { door, status: String(status) })
      if (status === 401) metrics.count('gatehouse_authentication_failures_total', { door })
    },
    cut: (reason) => metrics.count('gatehouse_connections_cut_total', { reason }),
  }
  return { inFlight: () => running, watch }
}

/** Stops listening and waits for the calls that are being answered; after a while it waits no longer. */
async function drain(server: Server, inFlight: () => number, patienceMs: number): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve))
  // A connection falls idle when its call ends; nobody may start another on it.
  const idle = setInterval(() => server.closeIdleConnections(), 20)
  const impatient = setTimeout(() => server.closeAllConnections(), patienceMs)
  await closed
  clearInterval(idle)
  clearTimeout(impatient)
  // A server is closed before the connections that were cut say so; what was forwarded on them ends only then.
  for (let turns = 0; inFlight() > 0 && turns < 1000; turns++) await new Promise(setImmediate)
}

function addressOf(server: Server): string {
  const { address, port } = server.address() as AddressInfo
  return originOf('setSecureContext' in server, address, port)
}
