import type { Config } from '../config/settings.ts'
import type { SchemaStanding, Standing } from '../core/dependency.ts'
import type { WebhookDesk, WebhookRules } from '../core/webhook-asked.ts'
import { Changed, type ChangeScope } from '../db/changed.ts'
import type { DatabaseHealth } from '../db/health.ts'
import { openReportDb } from '../db/open.ts'
import { openMigrated } from '../db/open-migrated.ts'
import type { Db } from '../db/tables.ts'
import { standingOf, watchDatabase } from '../db/watched.ts'
import type { GateCounters } from '../gateway/counters/make.ts'
import { openMemoryCounters } from '../gateway/counters/open.ts'
import { type OpenAlerts, openAlerts } from '../gateway/spend/open.ts'
import { type Ledger, openLedger } from '../ledger/open.ts'
import { openWebhooks } from '../webhooks/open.ts'
import { connectionsOf } from './connections.ts'
import { openRedisOf, type RedisOfThreads } from './redis.ts'
import type { Tools } from './tools.ts'

/** What there is once on a machine, however many threads serve on it. */
export type Machine = {
  db: Db
  reportDb: Db
  ledger: Ledger
  changed: Changed
  /** Tells of what was committed here, in this process and elsewhere. */
  announce: (scope: ChangeScope | null) => void
  /** Of the database. */
  availability: DatabaseHealth
  /** Whether a pooler stands before it. */
  pooled: boolean
  /** Of the only thread; null where several serve, which have theirs. */
  counters: GateCounters | null
  /** Where several serve and count there. */
  redis: RedisOfThreads | null
  alerts: OpenAlerts['alerts']
  webhooks: WebhookDesk
  webhookRules: WebhookRules
  /** How it stands with all that the machine needs, which is asked now. */
  standing: () => Promise<Record<string, Standing | SchemaStanding>>
}

const DEAF =
  'a pooler stands in front of the database: what other nodes change may be noticed after five seconds only, unless GATEHOUSE_DATABASE_DIRECT_URL leads around it'

/** Opens and migrates the database, and puts together what writes to it. Disposing writes what is left, and closes it. */
export async function openMachine(config: Config, tools: Tools): Promise<Machine & AsyncDisposable> {
  await using stack = new AsyncDisposableStack()
  const { databaseUrl, database } = config
  const { db, applied, pooled } = stack.use(
    await openMigrated(databaseUrl, {
      ...{ ...tools.seeing, database, serving: true },
      connections: connectionsOf(config).ofMachine,
    }),
  )
  if (applied.length > 0) tools.log.info({ migrations: applied }, 'database migrated')
  if (pooled && database.directUrl === null) tools.log.warn(DEAF)
  const reportDb = openReportDb(databaseUrl, db, tools.seeing)
  if (reportDb !== db) stack.defer(() => reportDb.destroy())
  const redis = config.redis && stack.use(await openRedisOf(config.redis, tools))
  const ledger = stack.use(openLedger(config, { ...tools, db }, redis?.leave))
  const { alerts } = stack.use(openAlerts(config, { ...tools, db, ledger }))
  const { webhooks, webhookRules } = stack.use(await openWebhooks(config, { ...tools, db, gateDb: ledger.gateDb }))
  const parts = { db, ledger, now: tools.now, log: tools.log }
  const isAlone = config.workers === 1
  const far = redis && isAlone ? stack.use(await redis.counters(parts)) : null
  const ofThreads = redis && !isAlone ? await redis.threads(parts) : null
  const counters = far?.counters ?? (isAlone ? await openMemoryCounters(parts) : null)
  const standing = async () => ({
    ...(await standingOf(tools.watched, config.serveKnownKeysMs)),
    ...(await (far ?? ofThreads)?.standing()),
  })
  const changed = new Changed()
  const { watched } = tools
  stack.use(await watchDatabase(databaseUrl, { ...watched, db, changed, settings: database, pooled }))
  const availability = watched.database
  const elsewhere = redis && stack.use(await redis.changes(changed))
  const announce = (scope: ChangeScope | null) => {
    changed.publish(scope)
    elsewhere?.announce(scope)
  }
  const rest = stack.move()
  return {
    ...{
      db,
      reportDb,
      ledger,
      changed,
      announce,
      availability,
      pooled,
      counters,
      alerts,
      webhooks,
      webhookRules,
      standing,
    },
    redis: ofThreads,
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  }
}
