import { Background } from '../background/background.ts'
import type { Config } from '../config/settings.ts'
import type { Availability } from '../core/dependency.ts'
import type { ReadLevels } from '../core/limit-level.ts'
import { clientAddress } from '../core/origin.ts'
import type { WebhookDesk } from '../core/webhook-asked.ts'
import type { Changes } from '../db/changed.ts'
import { hasSeveralServers } from '../db/several-servers.ts'
import type { Db } from '../db/tables.ts'
import type { GateLedger } from '../ledger/gate-ledger.ts'
import type { LedgerParts } from '../ledger/open.ts'
import { within } from '../ledger/within.ts'
import { responsesJob } from './background/job.ts'
import { charged } from './batches/charged.ts'
import { readEnqueued } from './batches/enqueued.ts'
import { batchesJob } from './batches/job.ts'
import { runnerJob } from './batches/run/job.ts'
import type { Bodies } from './body/budget.ts'
import type { Counters } from './counters/counters.ts'
import type { GateCounters } from './counters/make.ts'
import { readLevels } from './counters/read-levels.ts'
import { RunningStreams } from './exchange/running-streams.ts'
import { NOTHING_KEPT, openKept } from './files/open.ts'
import { Grants } from './keys/grants.ts'
import type { AskOthers } from './keys/known.ts'
import { offersOf } from './kinds/offers.ts'
import { LateOwners } from './late-owners.ts'
import { dialectsOf } from './models/dialects.ts'
import type { ModelCatalogue } from './models/model-catalogue.ts'
import { ModelsOfProjects } from './models/of-projects.ts'
import { openModelServers } from './models/open.ts'
import { TokenCounter } from './observe/token-counter.ts'
import { createGateway, type Gateway } from './server.ts'
import type { Spender } from './spend/money.ts'
import type { OpenAlerts } from './spend/open.ts'
import { Reserving } from './spend/to-reserve.ts'
import type { Upstream } from './upstreams/forwarding.ts'

/** How long a shutdown waits for tokens to be counted, in milliseconds. */
const COUNTING_MS = 3000
/** The memory for lines of batches is this part of that for bodies, and beside it: so lines keep no call waiting, nor calls lines. */
const LINES = 4

export type GatewayOpening = LedgerParts & {
  ledger: GateLedger
  changed: Changes
  counters: GateCounters
  bodies: Bodies
  alerts: OpenAlerts['alerts']
  webhooks: WebhookDesk
  /** Of the database. */
  availability: Availability
  /** Asks other threads what they know of a key; null where there are none. */
  others: AskOthers | null
  /** The database as the gate writes to it. */
  gateDb: Db
  /** Whether what is to be done in the background can be done here: of the threads of a process that is one. */
  worksInBackground: boolean
}

/** What tests put in place of the real thing. */
export type Replaced = {
  /** By name. */
  upstreams?: ReadonlyMap<string, Upstream>
  /** Counters of limits and money, around those that are there. */
  counters?: (own: Counters) => Counters
}

/** The gateway, and the catalogue of the models it knows; its `start` has the upstreams asked for their lists. */
export type OpenGateway = AsyncDisposable & {
  gateway: Gateway
  catalogue: ModelCatalogue
  /** What is known of keys here, for another thread. */
  known: Grants['known']
  /** How much of limits is used. */
  levels: ReadLevels
  /** What is done here beside calls, from its start on; null where it is done elsewhere. */
  background: Background | null
}

/**
 * Puts the gateway together, with all that it remembers in memory. Disposing settles what was forwarded, once nothing
 * more can come; the ledger is to be disposed after it, since that is where the settling goes.
 */
export async function openGateway(
  config: Config,
  parts: GatewayOpening,
  replaced: Replaced = {},
): Promise<OpenGateway> {
  await using stack = new AsyncDisposableStack()
  const { db, ledger, changed, alerts, availability, bodies, others, newId, now, log, metrics } = parts
  const runsBatches = [...config.models.values()].some((model) => model.gateRunsBatches)
  const kept = config.files === null ? NOTHING_KEPT : await openKept(config.files, { now, log })
  const { upstreams, catalogue } = stack.use(await openModelServers(config, parts, kept.servers, replaced.upstreams))
  const counters = replaced.counters?.(parts.counters) ?? parts.counters
  const tokens = new TokenCounter()
  const loaded = async (rules: Spender) => {
    await Promise.all([parts.counters.load(rules), alerts.look(rules)])
  }
  const grants = new Grants(db, changed, loaded, { availability, servedMs: config.serveKnownKeysMs, others })
  const { trustedProxies } = config
  const streams =
    config.revokedStreams === 'end' ? stack.use(new RunningStreams({ grants, now, log, trustedProxies })) : null
  // Behind the grants, which have forgotten by then what has changed.
  changed.subscribe((scope) => streams?.changed(scope))
  const gateway = createGateway({
    ...{
      grants,
      catalogue: new ModelsOfProjects(catalogue),
      upstreams,
      counters,
      reserving: new Reserving(log),
      tokens,
      bodies,
      streams,
      trustedProxies,
      newId,
      now,
      log,
    },
    usage: ledger.usage,
    owners: ledger.owners,
    db: { read: db, write: parts.gateDb },
    lateOwners: new LateOwners(ledger.owners, hasSeveralServers(db)),
    lastUsed: ledger.lastUsed,
    webhooks: parts.webhooks,
    refusals: ledger.refusals,
    refusedByLimits: ledger.refusedByLimits,
    countRefusal: (reason) => metrics.count('gatehouse_gateway_refusals_total', { reason }),
    countUncounted: (operation) => metrics.count('gatehouse_counters_failures_total', { operation }),
    countExcess: {
      cost: (nano) => metrics.count('gatehouse_settled_over_reserved_total', {}, nano),
      tokens: (upstream, tokens) => metrics.count('gatehouse_upstream_excess_tokens_total', { upstream }, tokens),
    },
    later: {
      byWriter: config.redis !== null,
      read: async (spender) => {
        await Promise.all([parts.counters.load(spender, true), alerts.look(spender)])
      },
    },
    address: (remote, forwarded) => clientAddress(remote, forwarded, trustedProxies),
    whenCountersFail: config.redis?.down === 'allow' ? 'allow' : 'deny',
    defaultModels: config.defaultModels,
    mcpHosts: config.mcpHosts,
    defaultMaxOutputTokens: config.defaultMaxOutputTokens,
    streamKeepaliveMs: config.streamKeepaliveMs,
    dialects: dialectsOf(config.upstreams),
    offers: offersOf(config.upstreams, config.files !== null, runsBatches),
    keepsFiles: config.files !== null,
  })
  stack.defer(() => settle(gateway, tokens))
  const background = parts.worksInBackground ? stack.use(new Background({ db: parts.gateDb, log })) : null
  for (const job of kept.jobs) background?.add(job)
  const { gate } = gateway
  if (gate.offers.has('batches')) background?.add(batchesJob(gate, charged({ gate, ...gate.later })))
  if (kept.batches !== null && runsBatches)
    background?.add(runnerJob(gate, kept.batches, config.bodyBudgetBytes / LINES))
  if (gate.offers.has('background')) background?.add(responsesJob(gate))
  metrics.gauge('gatehouse_body_bytes', () => bodies.used)
  metrics.gauge('gatehouse_calls_settling', gateway.settling)
  metrics.gauge('gatehouse_tokens_estimated', () => tokens.estimated)
  const rest = stack.move()
  return {
    gateway,
    catalogue,
    background,
    known: (hashes) => grants.known(hashes),
    levels: async (asked) => {
      const models = await catalogue.models()
      const [counted, enqueued] = await Promise.all([
        readLevels(counters, models, asked),
        readEnqueued(db, models, asked),
      ])
      return counted.map((these, i) => [...these, ...(enqueued[i] ?? [])])
    },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  }
}

/** Waits for what is still counted. What is not counted after a while is estimated: a stop does not wait for the tokenizer. */
async function settle(gateway: Gateway, tokens: TokenCounter): Promise<void> {
  await within(COUNTING_MS, gateway.settled())
  tokens.close()
  await gateway.settled()
}
