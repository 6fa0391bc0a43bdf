import type { Logger } from 'pino'
import { endpoints } from './admin/index.ts'
import { bootstrap, isLivingAdminKey } from './admin/organization.ts'
import type { AdminApp } from './api/app.ts'
import { byAdminKey } from './api/by-key.ts'
import { type AdminServer, createAdminServer } from './api/server.ts'
import type { Config } from './config/settings.ts'
import { idSource, type NewId } from './core/id.ts'
import { clientAddress } from './core/origin.ts'
import { Changed } from './db/changed.ts'
import { listenForChanges } from './db/changes.ts'
import { openReportDb, type Seeing } from './db/open.ts'
import { openMigrated } from './db/open-migrated.ts'
import type { Db } from './db/tables.ts'
import { tellUnknown } from './gateway/models/left-out.ts'
import { openGateway, type Replaced } from './gateway/open.ts'
import { type Ledger, openLedger } from './ledger/open.ts'
import { opened } from './listener/cors.ts'
import { PrometheusMetrics } from './listener/metrics.ts'
import { serve } from './listener/serve.ts'
import { openLog } from './log/open.ts'

/** What tests put in place of the real thing. */
export type Overrides = Replaced & {
  /** Milliseconds since the epoch. */
  now?: () => number
  log?: Logger
  /** What every statement is shown to before it is run. */
  plugins?: Seeing['plugins']
}

export type App = AsyncDisposable & {
  /** The listener's address. */
  url: string
  /** The first admin key, where this start created the organization it belongs to. */
  firstKey: string | null
}

/** What every part is given. */
type Tools = {
  /** Milliseconds since the epoch. */
  now: () => number
  log: Logger
  newId: NewId
  metrics: PrometheusMetrics
  seeing: Seeing
}

/** What there is once on a machine, however many threads were to serve on it. */
type Machine = { db: Db; reportDb: Db; ledger: Ledger; changed: Changed }

/**
 * Starts Gatehouse: opens and migrates the database, sees to it that there is an organization, and listens. Disposing stops
 * it in the reverse order: no new calls, the running ones to their end, what is buffered to the database.
 */
export async function startApp(config: Config, overrides: Overrides = {}): Promise<App> {
  await using stack = new AsyncDisposableStack()
  const tools = stack.use(toolsOf(config, overrides))
  if (config.serviceVariables) {
    tools.log.info(
      { ignored: config.serviceVariables },
      'variables that Kubernetes sets for its services are no settings',
    )
  }
  // One for each machine: database, ledger and announced changes, and below the Administration API and the first key.
  const machine = stack.use(await openMachine(config, tools))
  // One for each thread: the gate, with its grants, counters, bodies, upstreams and catalogue, and the listener.
  const { gateway, catalogue } = stack.use(await openGateway(config, { ...tools, ...machine }, overrides))
  const admin = await createAdmin(config, tools, machine, () => catalogue.models())
  stack.defer(() => admin.close())
  const serves = (door: Config['doors'][number]) => config.doors.includes(door)
  if (serves('gateway') || serves('check')) {
    catalogue.start()
    void tellUnknown(config.defaultModels, catalogue, tools.log)
  }
  const doors = {
    admin: serves('admin') ? opened(admin.handle, config.adminCorsOrigins, tools.newId) : null,
    gateway: serves('gateway') ? opened(gateway.handle, config.corsOrigins, tools.newId) : null,
    check: serves('check') ? gateway.check : null,
  }
  const modelLists = () => catalogue.lists()
  const serving = stack.use(await serve(config, { ...tools, db: machine.db, doors, modelLists }))
  // Only now: a start that fails because the port is taken must not have made the key that is shown once.
  const firstKey = await createFirstKey(config, tools, machine)
  serving.ready()
  const rest = stack.move()
  return { url: serving.url, firstKey, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

function toolsOf(config: Config, overrides: Overrides): Tools & Disposable {
  const now = overrides.now ?? Date.now
  const metrics = new PrometheusMetrics()
  const dropped = () => metrics.count('gatehouse_log_lines_dropped_total')
  const { log, [Symbol.dispose]: dispose } = overrides.log
    ? { log: overrides.log, [Symbol.dispose]: () => {} }
    : openLog(config.logLevel, dropped)
  const onQuery = () => metrics.count('gatehouse_sql_statements_total')
  const seeing = { onQuery, plugins: overrides.plugins ?? [] }
  return { now, log, newId: idSource(now), metrics, seeing, [Symbol.dispose]: dispose }
}

async function openMachine(config: Config, tools: Tools): Promise<Machine & AsyncDisposable> {
  await using stack = new AsyncDisposableStack()
  const { db, applied } = stack.use(await openMigrated(config.databaseUrl, { ...tools.seeing, serving: true }))
  if (applied.length > 0) tools.log.info({ migrations: applied }, 'database migrated')
  const reportDb = openReportDb(config.databaseUrl, db, tools.seeing)
  if (reportDb !== db) stack.defer(() => reportDb.destroy())
  const ledger = stack.use(openLedger(config, { ...tools, db }))
  const changed = new Changed()
  stack.use(await listenForChanges(config.databaseUrl, changed))
  const rest = stack.move()
  return { db, reportDb, ledger, changed, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

function createAdmin(config: Config, tools: Tools, machine: Machine, models: AdminApp['models']): Promise<AdminServer> {
  const { trustedProxies } = config
  const { now, newId, log } = tools
  const { db, reportDb, ledger, changed } = machine
  const { lastUsed, refusals } = ledger
  const app: AdminApp = {
    ...{ db, reportDb, now, newId, log, lastUsed, refusals, models, changed },
    address: (remote, forwarded) => clientAddress(remote, forwarded, trustedProxies),
    authenticate: byAdminKey,
    mtls: config.adminMtls ? { trustedProxies } : null,
  }
  return createAdminServer(app, endpoints)
}

/** Sees to it that there is an organization. @returns its first admin key, where this start made it */
async function createFirstKey(config: Config, { newId, now, log }: Tools, { db }: Machine): Promise<string | null> {
  const seconds = Math.floor(now() / 1000)
  const firstKey = await bootstrap({ db, newId }, config.adminKey, seconds)
  if (config.adminKey !== null && firstKey === null && !(await isLivingAdminKey(db, config.adminKey, seconds))) {
    log.warn(
      'GATEHOUSE_ADMIN_KEY is no key that works here: it counts on an empty database only. `gatehouse admin-key create` makes one',
    )
  }
  return firstKey
}
