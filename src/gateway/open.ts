import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../config/settings.ts'
import { clientAddress } from '../core/origin.ts'
import type { Metering, MeteringParts } from '../metering.ts'
import { BodyBudget } from './body/budget.ts'
import type { Counters } from './counters/counters.ts'
import { MemoryCounters } from './counters/memory.ts'
import { Grants } from './keys/grants.ts'
import { DailyLevels } from './limits/daily.ts'
import { MemoryLimiter } from './limits/memory.ts'
import type { ModelServers } from './models/open.ts'
import { TokenCounter } from './observe/token-counter.ts'
import { createGateway, type Gateway } from './server.ts'

/** How long a shutdown waits for tokens to be counted, in milliseconds. */
const COUNTING_MS = 3000

/** Bytes of the body budget that large bodies leave free; the least budget that can be set has four times as many. */
const FOR_SMALL_BODIES = 16_000_000

export type GatewayOpening = MeteringParts & {
  metering: Metering
  servers: ModelServers
  /** Puts other counters in the place of those in memory. */
  counters?: ((memory: Counters) => Counters) | undefined
}

/** The gateway and what it remembers of keys, to be told of every change. */
export type OpenGateway = AsyncDisposable & { gateway: Gateway; grants: Grants }

/**
 * Puts the gateway together. Disposing settles what was forwarded, once nothing more can come; the metering is to be disposed
 * after it, since that is where the settling goes.
 */
export async function openGateway(config: Config, parts: GatewayOpening): Promise<OpenGateway> {
  const { db, newId, now, log, metrics, metering, servers } = parts
  const { gateDb, meter, spend } = metering
  const limiter = new MemoryLimiter({ dayChanged: () => saveDays() })
  const daily = new DailyLevels(limiter, now)
  const saveDays = meter.alongside('the levels of daily limits', () => daily.save(gateDb))
  await daily.load(db)
  const counters = new MemoryCounters(limiter, spend.money)
  const tokens = new TokenCounter()
  const bodies = new BodyBudget(config.bodyBudgetBytes, FOR_SMALL_BODIES)
  metrics.gauge('gatehouse_body_bytes', () => bodies.used)
  const grants = new Grants(db, (rules) => spend.load(rules))
  const gateway = createGateway({
    grants,
    catalogue: servers.catalogue,
    upstreams: servers.upstreams,
    counters: parts.counters?.(counters) ?? counters,
    spend,
    meter,
    owners: metering.owners,
    tokens,
    bodies,
    lastUsed: metering.lastUsed,
    refusals: metering.refusals,
    newId,
    now,
    log,
    countRefusal: (reason) => metrics.count('gatehouse_gateway_refusals_total', { reason }),
    countUncounted: (operation) => metrics.count('gatehouse_counters_failures_total', { operation }),
    address: (remote, forwarded) => clientAddress(remote, forwarded, config.trustedProxies),
    trustedProxies: config.trustedProxies,
    defaultMaxOutputTokens: config.defaultMaxOutputTokens,
  })
  metrics.gauge('gatehouse_calls_settling', gateway.settling)
  metrics.gauge('gatehouse_tokens_estimated', () => tokens.estimated)
  return {
    gateway,
    grants,
    async [Symbol.asyncDispose]() {
      // What is not counted by then is estimated: a stop does not wait for the tokenizer.
      await Promise.race([gateway.settled(), sleep(COUNTING_MS, undefined, { ref: false })])
      tokens.close()
      await gateway.settled()
    },
  }
}
