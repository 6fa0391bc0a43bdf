import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import pino, { type Logger } from 'pino'
import { endpoints } from './admin/index.ts'
import { bootstrap, isLivingAdminKey } from './admin/organization.ts'
import { byAdminKey } from './api/by-key.ts'
import { createAdminServer } from './api/server.ts'
import { type Config, originOf, version } from './config/settings.ts'
import { idSource } from './core/id.ts'
import { clientAddress } from './core/origin.ts'
import { type ChangeScope, listenForChanges } from './db/changes.ts'
import { migrate } from './db/migrate.ts'
import { openDb, type Seeing } from './db/open.ts'
import type { Counters } from './gateway/counters/counters.ts'
import { openModelServers } from './gateway/models/open.ts'
import { openGateway } from './gateway/open.ts'
import type { Upstream } from './gateway/upstreams/forwarding.ts'
import { createListener } from './listener/listener.ts'
import { PrometheusMetrics } from './listener/metrics.ts'
import { createOperations } from './listener/operations.ts'
import { openMetering } from './metering.ts'

/** What tests put in place of the real thing. */
export type Overrides = {
  /** Milliseconds since the epoch. */
  now?: () => number
  log?: Logger
  /** What every statement is shown to before it is run. */
  plugins?: Seeing['plugins']
  /** By name. */
  upstreams?: ReadonlyMap<string, Upstream>
  /** Counters of limits and money, around those that are there. */
  counters?: (memory: Counters) => Counters
}

export type App = AsyncDisposable & {
  /** The listener's address. */
  url: string
  /** The first admin key, where this start created the organization it belongs to. */
  firstKey: string | null
}

/** How long a shutdown waits for calls that are being answered, in milliseconds. */
const DRAIN_MS = 10_000

/**
 * Starts Gatehouse: opens and migrates the database, sees to it that there is an organization, and listens. Disposing stops
 * it in the reverse order: no new calls, the running ones to their end, what is buffered to the database.
 */
export async function startApp(config: Config, overrides: Overrides = {}): Promise<App> {
  await using stack = new AsyncDisposableStack()
  const now = overrides.now ?? Date.now
  const log = overrides.log ?? pino({ level: config.logLevel, base: null }, logTo())
  const newId = idSource(now)

  let server: Server | undefined
  let inFlight = 0
  let started = false
  const metrics = new PrometheusMetrics()
  metrics.gauge('gatehouse_requests_in_flight', () => inFlight)
  const onQuery = () => metrics.count('gatehouse_sql_statements_total')
  const seeing: Seeing = { onQuery, plugins: overrides.plugins ?? [] }
  const db = await openDb(config.databaseUrl, seeing)
  stack.defer(() => db.destroy())
  const migrated = await migrate(db)
  if (migrated.length > 0) log.info({ migrations: migrated }, 'database migrated')
  const infrastructure = { db, seeing, newId, now, log, metrics }
  const metering = stack.use(openMetering(config, infrastructure))
  const { lastUsed, refusals } = metering
  const address = (remote: string | undefined, forwarded: string | undefined) =>
    clientAddress(remote, forwarded, config.trustedProxies)
  const parts = { db, newId, now, log, lastUsed, refusals, address }

  const servers = stack.use(await openModelServers(config, infrastructure, overrides.upstreams))
  const { catalogue } = servers
  const gate = stack.use(
    await openGateway(config, { ...infrastructure, metering, servers, counters: overrides.counters }),
  )
  const changed = (scope: ChangeScope | null) => gate.grants.invalidate(scope)
  stack.use(await listenForChanges(config.databaseUrl, changed))
  const models = () => catalogue.models()
  const admin = await createAdminServer(
    {
      ...parts,
      models,
      changed,
      authenticate: byAdminKey,
      mtls: config.adminMtls ? { trustedProxies: config.trustedProxies } : null,
    },
    endpoints,
  )
  stack.defer(() => admin.close())
  const serves = (door: Config['doors'][number]) => config.doors.includes(door)
  if (serves('gateway') || serves('check')) catalogue.start()
  const publicUrl = () => config.publicUrl ?? (server ? addressOf(server) : '')
  const operations = createOperations({
    db,
    newId,
    metrics,
    version,
    publicUrl,
    started: () => started,
    doors: config.doors,
  })
  const doors = {
    admin: serves('admin') ? admin.handle : null,
    gateway: serves('gateway') ? gate.gateway.handle : null,
    check: serves('check') ? gate.gateway.check : null,
    operations,
  }

  const secure = config.tls && (await import('./listener/tls.ts')).secureServer(config.tls, log)
  if (secure) stack.defer(() => secure.close())
  const ended = (door: string, status: number | null) => {
    inFlight--
    if (status === null) return
    metrics.count('gatehouse_requests_total', { door, status: String(status) })
    if (status === 401) metrics.count('gatehouse_authentication_failures_total', { door })
  }
  server = createListener(doors, newId, { begun: () => inFlight++, ended }, secure?.create)
  const listening = server
  stack.defer(() => drain(listening, () => inFlight))
  server.listen(config.port, config.host)
  await once(server, 'listening')
  // Only now: a start that fails because the port is taken must not have made the key that is shown once.
  const seconds = Math.floor(now() / 1000)
  const firstKey = await bootstrap({ db, newId }, config.adminKey, seconds)
  if (config.adminKey !== null && firstKey === null && !(await isLivingAdminKey(db, config.adminKey, seconds))) {
    log.warn(
      'GATEHOUSE_ADMIN_KEY is no key that works here: it counts on an empty database only. `gatehouse admin-key create` makes one',
    )
  }
  const url = addressOf(server)
  started = true
  log.info({ url, doors: config.doors, version, startup_ms: Math.round(performance.now()) }, 'Gatehouse is ready')
  stack.defer(() => log.info({ in_flight: inFlight }, 'stopping: what is running is finished first'))

  const rest = stack.move()
  return { url, firstKey, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

/** The log must not end the process: on a full disk it is what cannot be written first. */
function logTo() {
  const destination = pino.destination({ dest: 2, sync: true })
  destination.on('error', () => {})
  return destination
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
