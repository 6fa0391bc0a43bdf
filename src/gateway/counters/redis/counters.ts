import { randomUUID } from 'node:crypto'
import { within } from '../../../ledger/within.ts'
import type { Redis } from '../../../redis/connection.ts'
import { organizationOf } from '../../limits/windows.ts'
import type { Money, Spender } from '../../spend/money.ts'
import type { Decision, Share } from '../counters.ts'
import type { FarCounters } from '../make.ts'
import { ASKING, Asking, type AskingOptions, Epoch } from './epoch.ts'
import type { Joining } from './joining.ts'
import { Keys } from './keys.ts'
import { RedisOrganization } from './organization.ts'
import { scriptsFor } from './scripts.ts'
import type { Source } from './source.ts'
import { OwnSums, type Sums } from './sums.ts'

export type RedisCountersParts = {
  redis: Redis
  prefix: string
  source: Source
  /** Where several threads of a process count: what all of them have settled. */
  sums?: Sums
  /** Epoch milliseconds. */
  now?: () => number
  /** Told of what fails and nobody waits for. */
  failed: (error: unknown) => void
  /** Told of each call that was counted in a window of a day. @param name of the window in its organization */
  dayChanged?: (organizationId: string, name: string) => void
  options?: Partial<AskingOptions> & { leaseMs?: number; beatMs?: number; denyMs?: number }
}

const BEAT_MS = 500
/** Milliseconds after which what a node has reserved comes back that says nothing any more. */
const LEASE_MS = 20_000
/** Milliseconds that a refusal is remembered here. */
const DENY_MS = 100
/** Milliseconds that a settlement waits for calls that it could go with. */
const SOON_MS = 5

const CLOSING_MS = 2000

/** Limits and money in Redis, exact over all that count there: one script for all calls of an organization in a turn of the loop. */
export class RedisCounters implements FarCounters, AsyncDisposable {
  readonly #parts: RedisCountersParts
  readonly #scripts: ReturnType<typeof scriptsFor>
  readonly #keys: Keys
  readonly #options: AskingOptions
  readonly #epoch: Epoch
  readonly #lease = randomUUID()
  readonly #sums: Sums
  readonly #organizations = new Map<string, RedisOrganization>()
  #ids = 0
  #due = new Set<RedisOrganization>()
  #turn: NodeJS.Immediate | undefined
  #soon: NodeJS.Timeout | undefined
  readonly #beatMs: number
  readonly #beat: NodeJS.Timeout

  constructor(parts: RedisCountersParts) {
    this.#parts = parts
    const { redis, prefix, options = {} } = parts
    const { timeoutMs = ASKING.timeoutMs, gatherMs = ASKING.gatherMs, clock } = options
    this.#options = { timeoutMs, gatherMs, clock }
    this.#scripts = scriptsFor(redis)
    this.#epoch = new Epoch(redis)
    this.#keys = new Keys(prefix, redis.isCluster)
    this.#sums = parts.sums ?? new OwnSums()
    this.#beatMs = options.beatMs ?? BEAT_MS
    this.#beat = setInterval(() => void this.#beats(), this.#beatMs)
    this.#beat.unref()
  }

  take(share: Share): Decision | Promise<Decision> {
    const [window] = share.windows
    const id = share.money?.organizationId ?? organizationOf(window?.key ?? '')
    return this.#organization(id).take(share)
  }

  /** Gives Redis what the database has of a spender. It need not succeed: `take` does it where it is still to be done. */
  async load({ organizationId, projectId }: Spender, isFresh = false): Promise<void> {
    await this.#organization(organizationId)
      .load(projectId, this.#parts.now?.() ?? Date.now(), isFresh)
      .catch(() => {})
  }

  /** Counts what was spent while Redis was not asked: it is told when it answers again, by whichever thread. */
  spend(money: Money, nano: number): void {
    try {
      this.#organization(money.organizationId).spend(money, nano)
    } catch (error) {
      // There is no room for another sum: then the database tells Redis.
      this.#parts.failed(error)
    }
  }

  /** What is asked for an organization besides calls. */
  joining(organizationId: string): Joining {
    return this.#organization(organizationId).joining
  }

  #organization(organizationId: string): RedisOrganization {
    const known = this.#organizations.get(organizationId)
    if (known) return known
    const { redis, source, failed, options } = this.#parts
    const epoch = redis.isCluster ? new Epoch(redis) : this.#epoch
    const made = new RedisOrganization({
      ...{ organizationId, source, failed, lease: this.#lease, sums: this.#sums, ...this.#options },
      ...{ take: this.#scripts.take, script: this.#scripts.join },
      asking: new Asking(this.#keys.of(organizationId), epoch, this.#options),
      newId: () => (this.#ids++).toString(36),
      dayChanged: (id, name) => this.#parts.dayChanged?.(id, name),
      wake: (organization, when) => this.#wake(organization, when),
      leaseMs: options?.leaseMs ?? LEASE_MS,
      denyMs: options?.denyMs ?? DENY_MS,
    })
    this.#organizations.set(organizationId, made)
    return made
  }

  #wake(organization: RedisOrganization, when: 'turn' | 'soon'): void {
    this.#due.add(organization)
    if (this.#turn !== undefined) return
    if (when === 'turn') {
      clearTimeout(this.#soon)
      this.#soon = undefined
      this.#turn = setImmediate(() => this.#flush())
    } else this.#soon ??= setTimeout(() => this.#flush(), SOON_MS)
  }

  #flush(): void {
    clearTimeout(this.#soon)
    this.#soon = undefined
    this.#turn = undefined
    const due = this.#due
    this.#due = new Set()
    for (const organization of due) void organization.flush()
  }

  /** Says again what Redis has not heard yet, and that this thread lives. */
  async #beats(): Promise<void> {
    const all = [...this.#organizations.values()]
    await Promise.all(this.#probed(all).map((organization) => organization.probe(this.#beatMs / 2)))
    for (const organization of all) {
      void organization.rejoin()
      if (organization.isBusy) void organization.flush()
    }
  }

  /** Of one Redis any tells of all; of a Cluster each must be asked for that may have something to bring. */
  #probed(all: RedisOrganization[]): RedisOrganization[] {
    return this.#parts.redis.isCluster ? all.filter(({ isFresh }) => isFresh) : all.slice(0, 1)
  }

  /** Tells what is to be told, for two seconds at most. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#beat)
    clearTimeout(this.#soon)
    clearImmediate(this.#turn)
    await within(CLOSING_MS, Promise.all(Array.from(this.#organizations.values(), (one) => one.close())))
  }
}
