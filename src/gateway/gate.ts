import type { BlockList } from 'node:net'
import type { ApiError } from '../contract/error.ts'
import type { DefaultModels } from '../core/default-model.ts'
import type { NewId } from '../core/id.ts'
import type { Log } from '../core/log.ts'
import type { McpHosts } from '../core/mcp-hosts.ts'
import type { OwnedKind } from '../core/owned.ts'
import type { Dialect } from '../core/upstream-kind.ts'
import type { WebhookDesk } from '../core/webhook-asked.ts'
import type { Db } from '../db/tables.ts'
import type { GateLedger } from '../ledger/gate-ledger.ts'
import type { Bodies } from './body/budget.ts'
import type { Call } from './call.ts'
import type { Counters } from './counters/counters.ts'
import type { GuardedCounters, WhenFailing } from './counters/guarded.ts'
import type { RunningStreams } from './exchange/running-streams.ts'
import type { FailureLog } from './failure-log.ts'
import type { Grants } from './keys/grants.ts'
import type { Offers } from './kinds/offers.ts'
import type { LateOwners } from './late-owners.ts'
import type { Models } from './models/models.ts'
import type { Tally } from './observe/tally.ts'
import type { TokenCounter } from './observe/token-counter.ts'
import type { ProjectIds } from './rules/rule.ts'
import type { Spender } from './spend/money.ts'
import type { Reserving } from './spend/to-reserve.ts'
import type { Upstreams } from './upstreams/upstreams.ts'

/** What the gateway is made of. */
export type GatewayParts = GateLedger & {
  grants: Grants
  catalogue: Models
  upstreams: Upstreams
  /** Limits and money. */
  counters: Counters
  /** What becomes of a call that they fail to count; refused where this says nothing. */
  whenCountersFail?: WhenFailing
  /** Whose what calls refer to is, also where other nodes have yet to say so. */
  lateOwners: Pick<LateOwners, 'find'>
  /** The database, as a request that waits reads it, and as the gate writes to it. */
  db: { read: Db; write: Db }
  reserving: Reserving
  tokens: TokenCounter
  bodies: Bodies
  /** Replies that are cut when their key may no longer make such a call; null: they run to their end. */
  streams: RunningStreams | null
  newId: NewId
  /** Milliseconds since the epoch. */
  now: () => number
  log: Log
  /** Told of every call that is answered with an error of the gate's own, by the failure's name. */
  countRefusal: (reason: string) => void
  /** Told of every time that the counters failed. */
  countUncounted: (operation: 'take' | 'settle') => void
  /** Told of nano-dollars beyond what was set aside, and of tokens that an upstream reported beyond what can have been used. */
  countExcess: { cost: (nano: number) => void; tokens: (upstream: string, tokens: number) => void }
  /** The address that a connection and its `x-forwarded-for` stand for. */
  address: (remote: string | undefined, forwarded: string | undefined) => string | null
  /** Proxies whose word about client certificates is believed. */
  trustedProxies: BlockList | null
  /** The models that calls mean which name none. */
  defaultModels: DefaultModels
  /** What projects may have model servers reach by their tools. */
  mcpHosts: McpHosts
  /** What a call's answer may have at most where neither the request nor the catalogue says. */
  defaultMaxOutputTokens: number
  /** Milliseconds of silence after which a stream gets a comment; 0: none does. */
  streamKeepaliveMs: number
  /** What is known of the fields of the upstreams, by their names. */
  dialects: ReadonlyMap<string, Dialect>
  /** Which upstreams have which kinds of things. */
  offers: Offers
  /** For what is settled later than its call. */
  later: {
    /** Whether it is kept who has brought what, as where Redis counts. */
    byWriter: boolean
    /** Has whoever counts money here read anew what the database has of a spender, and spend alerts looked at. @throws what the database says */
    read: (spender: Spender) => Promise<void>
  }
  /** Whoever keeps webhook endpoints. */
  webhooks: WebhookDesk
  /** Whether the gate keeps files itself, also where another keeps new ones. */
  keepsFiles: boolean
}

export type Gate = Omit<GatewayParts, 'counters'> & {
  /** Kinds of things that bodies may name: those that some upstream keeps. */
  accepts: ReadonlySet<OwnedKind>
  counters: GuardedCounters
  failures: FailureLog
  /** What calls have used, on its way to the usage. */
  tally: Tally
  /** Tells the audit log that a known key was refused. */
  refused: (call: Call, error: ApiError) => void
  /** Tells whoever wants to hear of it that a call was refused by a limit. */
  limited: (whose: ProjectIds, refused: ApiError) => void
  /** Work that goes on when the client has its answer; a shutdown waits for it. */
  afterwards: (work: () => Promise<void> | undefined) => void
}
