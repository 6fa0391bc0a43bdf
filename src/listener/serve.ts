import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import { type Config, originOf, version } from '../config/settings.ts'
import type { NewId } from '../core/id.ts'
import type { ListState } from '../core/model-list.ts'
import type { Db } from '../db/tables.ts'
import type { Watch } from './connection.ts'
import { createListener, type Doors } from './listener.ts'
import type { PrometheusMetrics } from './metrics.ts'
import { createOperations } from './operations.ts'

/** How long a shutdown waits for calls that are being answered, in milliseconds. */
const DRAIN_MS = 10_000

export type ServeParts = {
  db: Db
  newId: NewId
  log: Logger
  metrics: PrometheusMetrics
  /** What is behind the port besides the operations. */
  doors: Omit<Doors, 'operations'>
  /** How it stands with the lists of models, by the upstreams' names. */
  modelLists: () => Record<string, ListState>
}

/** The listener at work. Disposing takes no new calls and lets the running ones come to their end, for a while. */
export type Serving = AsyncDisposable & {
  /** The listener's address. */
  url: string
  /** Says that the start is over, in the log and to whoever asks for readiness. */
  ready: () => void
}

/** Listens, over TLS where the configuration says so. @throws Error where the port is taken, or the TLS files cannot be used */
export async function serve(config: Config, parts: ServeParts): Promise<Serving> {
  await using stack = new AsyncDisposableStack()
  const { db, newId, log, metrics, doors, modelLists } = parts
  const { inFlight, watch } = countRequests(metrics)
  let isReady = false
  const operations = createOperations({
    ...{ db, newId, metrics, version, doors: config.doors, modelLists },
    publicUrl: () => config.publicUrl ?? addressOf(server),
    started: () => isReady,
  })
  const secure = config.tls && (await import('./tls.ts')).secureServer(config.tls, log)
  if (secure) stack.defer(() => secure.close())
  const server = createListener({ ...doors, operations }, newId, watch, secure?.create)
  stack.defer(() => drain(server, inFlight))
  server.listen(config.port, config.host)
  await once(server, 'listening')
  const url = addressOf(server)
  const rest = stack.move()
  return {
    url,
    ready() {
      isReady = true
      log.info({ url, doors: config.doors, version, startup_ms: Math.round(performance.now()) }, 'Gatehouse is ready')
    },
    async [Symbol.asyncDispose]() {
      if (isReady) log.info({ in_flight: inFlight() }, 'stopping: what is running is finished first')
      await rest.disposeAsync()
    },
  }
}

function countRequests(metrics: PrometheusMetrics): { inFlight: () => number; watch: Watch } {
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
async function drain(server: Server, inFlight: () => number): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve))
  // A connection falls idle when its call ends; nobody may start another on it.
  const idle = setInterval(() => server.closeIdleConnections(), 20)
  const impatient = setTimeout(() => server.closeAllConnections(), DRAIN_MS)
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
