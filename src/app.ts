import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import pino, { type Logger } from 'pino'
import { endpoints } from './admin/index.ts'
import { bootstrap, isLivingAdminKey } from './admin/organization.ts'
import { ModelCatalogue } from './catalogue.ts'
import { type Config, version } from './config.ts'
import { idSource, type NewId } from './core/id.ts'
import { clientAddress } from './core/origin.ts'
import { listenForChanges } from './db/changes.ts'
import { LastUsed } from './db/last-used.ts'
import { migrate } from './db/migrate.ts'
import { openDb } from './db/open.ts'
import { Refusals } from './db/refusals.ts'
import { echoUpstream } from './gateway/echo/index.ts'
import { loadGrant } from './gateway/grant.ts'
import { Grants } from './gateway/grants.ts'
import { createGateway } from './gateway/server.ts'
import type { Upstream } from './gateway/upstream.ts'
import { createAdminServer } from './http/server.ts'
import { createListener } from './listener.ts'
import { Metrics } from './metrics.ts'
import { createOperations } from './operations.ts'

/** What tests put in place of the real thing. */
export type Overrides = {
  /** Milliseconds since the epoch. */
  now?: () => number
  log?: Logger
  upstream?: Upstream
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
  const log = overrides.log ?? pino({ level: config.logLevel, base: null }, pino.destination({ dest: 2, sync: true }))
  const newId = idSource(now)

  let server: Server | undefined
  let inFlight = 0
  let started = false
  const metrics = new Metrics(() => inFlight)
  const db = await openDb(config.databaseUrl, { onQuery: () => metrics.count('gatehouse_sql_statements_total') })
  stack.defer(() => db.destroy())
  const migrated = await migrate(db)
  if (migrated.length > 0) log.info({ migrations: migrated }, 'database migrated')
  const lastUsed = new LastUsed(db, (err) =>
    log.warn({ err }, 'when keys were last used could not be written; it will be tried again'),
  )
  stack.defer(() => lastUsed.close())
  const refusals = new Refusals(db, newId)
  const grants = new Grants((hash) => loadGrant(db, hash))
  stack.use(await listenForChanges(config.databaseUrl, (scope) => grants.invalidate(scope)))
  const address = (remote: string | undefined, forwarded: string | undefined) =>
    clientAddress(remote, forwarded, config.trustedProxies)
  const parts = { db, newId, now, log, lastUsed, refusals, address }

  const upstream = overrides.upstream ?? (await chooseUpstream(config, newId, now, log))
  stack.defer(() => upstream.close())
  const catalogue = new ModelCatalogue(
    config.models,
    () => upstream.models(),
    (err) => log.warn({ err }, 'the model server does not list its models; what it said last stays true'),
  )
  stack.defer(() => catalogue.close())
  const models = () => catalogue.models()
  const admin = await createAdminServer({ ...parts, models, changed: (scope) => grants.invalidate(scope) }, endpoints)
  stack.defer(() => admin.close())
  const gateway = createGateway({ ...parts, grants, upstream })
  const serves = (door: Config['doors'][number]) => config.doors.includes(door)
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
    gateway: serves('gateway') ? gateway : null,
    operations,
  }

  server = createListener(doors, newId, (door, status) => {
    metrics.count('gatehouse_requests_total', { door, status: String(status) })
    if (status === 401) metrics.count('gatehouse_authentication_failures_total', { door })
  })
  server.on('request', (_request, response) => {
    inFlight++
    response.once('close', () => inFlight--)
  })
  const listening = server
  stack.defer(() => drain(listening))
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

async function chooseUpstream(config: Config, newId: NewId, now: () => number, log: Logger): Promise<Upstream> {
  if (config.upstreamUrl !== null) {
    const { httpUpstream } = await import('./gateway/forward.ts')
    const { upstreamUrl: url, upstreamKey: key, upstreamTimeoutMs: replyTimeoutMs } = config
    return httpUpstream({ url, key, ...(replyTimeoutMs !== null && { replyTimeoutMs }) })
  }
  log.warn(
    "no GATEHOUSE_UPSTREAM_URL is set: the gateway answers with its built-in model 'echo', which repeats what it is told",
  )
  return echoUpstream(newId, now)
}

/** Stops listening and waits for the calls that are being answered; after a while it waits no longer. */
async function drain(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve))
  // A connection falls idle when its call ends; nobody may start another on it.
  const idle = setInterval(() => server.closeIdleConnections(), 20)
  const impatient = setTimeout(() => server.closeAllConnections(), DRAIN_MS)
  await closed
  clearInterval(idle)
  clearTimeout(impatient)
}

function addressOf(server: Server): string {
  const { address, port, family } = server.address() as AddressInfo
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}
