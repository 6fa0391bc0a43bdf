import type { CatalogueModel } from '../../core/catalogue.ts'
import type { Log } from '../../core/log.ts'
import { monthOf } from '../../core/month.ts'
import { worstCost } from '../../core/price.ts'
import type { UsageEntry } from '../../core/usage-entry.ts'
import { findSpent, WHOLE_ORGANIZATION } from '../../db/spend.ts'
import { nextThresholds } from '../../db/spend-alerts.ts'
import type { Db } from '../../db/tables.ts'
import type { UsageFollower } from '../../ledger/usage.ts'
import type { Caps } from '../caps.ts'
import type { Worst } from '../use.ts'
import type { Account, MonthLedger } from './account.ts'
import { Accounts } from './accounts.ts'
import type { Alerts } from './alerts.ts'
import { MemoryMoney } from './memory.ts'
import { FREE, type Holder, type Money, type Spender, type SpendLimits } from './money.ts'
import { contextUnknown, maximumUnknown, priceUnknown } from './over-limit.ts'

export type SpendParts = {
  /** For reading. */
  db: Db
  alerts: Alerts
  /** Milliseconds since the epoch. */
  now: () => number
  log: Pick<Log, 'debug' | 'warn' | 'error'>
  /** Milliseconds after the last write of costs until an account with an alert is read once more: other nodes spend too. */
  recheckMs?: number
}

const RECHECK_MS = 5000
/** Models without a price that are named in the log, at most. */
const NAMED = 10_000

/**
 * What projects and organizations spend in a calendar month, UTC. The most that a call can cost is reserved before it and
 * settled after it, in memory; the database has the totals, which are written with the usage. With several nodes each
 * knows what the others have spent as of the last load of the rules, five seconds ago at most.
 */
export class Spend implements UsageFollower {
  /** Sets money aside, and takes what calls did cost, against the totals that are read here. */
  readonly money: MemoryMoney
  readonly #parts: SpendParts
  readonly #accounts: Accounts
  readonly #unpriced = new Set<string>()
  /** Accounts with an alert ahead whose costs were written since they were last read. */
  readonly #watched = new Set<Account>()
  readonly #raising = new Set<Promise<void>>()
  /** Changes whenever writing begins or ends. */
  #beat = 0
  #writing = false
  #readings = 0
  #recheck: NodeJS.Timeout | undefined
  #closed = false

  constructor(parts: SpendParts) {
    this.#parts = parts
    this.#accounts = new Accounts(parts.now)
    this.money = new MemoryMoney(this.#accounts)
  }

  /** Accounts in memory: bounded by the projects that were used in the last ten minutes. */
  get size(): number {
    return this.#accounts.size
  }

  /** Reads what a project and its organization have spent. To be awaited whenever the project's rules are loaded: two statements. */
  async load({ organizationId, projectId }: Spender): Promise<void> {
    const accounts = [WHOLE_ORGANIZATION, projectId].map((id) => this.#accounts.open(organizationId, id))
    this.#accounts.evict((account) => !account.isIdle || this.#watched.has(account))
    await this.#read(organizationId, accounts)
  }

  /**
   * What is to be set aside for a call: the most that it can cost. Needs no I/O.
   * @param at epoch milliseconds when the call was let in; what it costs is to be metered with the same time
   * @throws ApiError 400 where a limit holds and the model has no price, or nobody knows how much it can read or say
   */
  toReserve(
    { organizationId, projectId, spendLimits }: Spender & { spendLimits: SpendLimits },
    { model, worst, caps }: { model: CatalogueModel | null; worst: Worst; caps: Caps },
    at: number,
  ): Money | typeof FREE {
    if (model === null) return FREE
    const ids = { organizationId, projectId }
    const holder = limited(spendLimits)
    if (model.price === null) {
      if (holder !== null) throw priceUnknown(ids, holder, model.id)
      this.#nameUnpriced(model.id)
      return FREE
    }
    const { input, cachedInput, output } = model.price
    if (holder !== null && caps.outputTokens === null && output > 0) throw maximumUnknown(ids, holder, model.id, caps)
    if (holder !== null && caps.inputTokens === null && input + cachedInput > 0)
      throw contextUnknown(ids, holder, model.id, caps)
    const nano = worstCost(model.price, worst.boundTokens, caps.outputTokens ?? worst.outputTokens)
    return { organizationId, projectId, at, nano, limits: spendLimits }
  }

  /** To be called right before costs are written: a total that is read until `flushed` may have them or not. */
  flushing(): void {
    this.#beat++
    this.#writing = true
  }

  /** To be called right after costs were written, with all of them; with none where writing them was given up. */
  flushed(entries: readonly UsageEntry[]): void {
    this.#beat++
    this.#writing = false
    const now = performance.now()
    for (const { kind, organization_id, project_id, at, amount_nano = 0 } of entries) {
      if (kind !== 'costs' || amount_nano === 0) continue
      const nano = BigInt(amount_nano)
      this.#wrote(this.#accounts.get(organization_id, WHOLE_ORGANIZATION), at * 1000, nano, now)
      if (project_id) this.#wrote(this.#accounts.get(organization_id, project_id), at * 1000, nano, now)
    }
  }

  /** Waits for alerts that are being raised, and for the mail of them as long as it is sensible. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#recheck)
    await Promise.all(this.#raising)
    await this.#parts.alerts.close()
  }

  /**
   * Reads the month's totals and the alerts ahead. A total that was read while costs were written counts them or not, nobody
   * knows: it is left, and the one before stays, with what was written here added.
   */
  async #read(organizationId: string, accounts: readonly Account[]): Promise<void> {
    const { db, now } = this.#parts
    const [reading, beat, isCertain, begun] = [++this.#readings, this.#beat, !this.#writing, performance.now()]
    const month = monthOf(now())
    const ids = accounts.map(({ projectId }) => projectId)
    const [totals, thresholds] = await Promise.all([
      findSpent(db, organizationId, ids, month.name),
      nextThresholds(db, organizationId, ids, month.name),
    ])
    for (const account of accounts) {
      const ledger = account.turnTo(month)
      // Of an account that is new here, nothing can be on its way.
      if (!account.loaded || (isCertain && beat === this.#beat && reading > ledger.reading)) {
        ledger.written = totals.get(account.projectId) ?? 0n
        ledger.reading = reading
      }
      account.loaded = true
      if (!ledger.alerting) ledger.alertAt = thresholds.get(account.projectId) ?? null
      if (account.writtenAt < begun) this.#watched.delete(account)
      for (const each of account.ledgers()) this.#raise(account, each)
    }
  }

  #wrote(account: Account | undefined, at: number, nano: bigint, now: number): void {
    const ledger = account?.find(at)
    if (!account || !ledger) return
    ledger.unwritten -= nano
    ledger.written += nano
    // Without an alert ahead there is nothing to watch, unless nobody has looked in this month.
    if (ledger.alertAt === null && ledger.reading > 0) return
    account.writtenAt = now
    this.#watch(account)
    this.#raise(account, ledger)
  }

  #raise(account: Account, ledger: MonthLedger): void {
    if (ledger.alerting || !ledger.isDue || this.#closed) return
    ledger.alerting = true
    const raising = this.#parts.alerts.raise(account, ledger.month).then(
      (next) => {
        ledger.alerting = false
        ledger.alertAt = next
        this.#raising.delete(raising)
      },
      (err) => {
        ledger.alerting = false
        this.#raising.delete(raising)
        this.#parts.log.warn({ err }, 'spend alerts could not be raised; it will be tried again')
        account.writtenAt = performance.now()
        this.#watch(account)
      },
    )
    this.#raising.add(raising)
  }

  /** Sees to it that an account is read again when nothing is written any more: of the last costs of two nodes neither knows both. */
  #watch(account: Account): void {
    this.#watched.add(account)
    if (this.#recheck !== undefined || this.#closed) return
    this.#recheck = setTimeout(() => void this.#readWatched(), this.#parts.recheckMs ?? RECHECK_MS)
    this.#recheck.unref()
  }

  async #readWatched(): Promise<void> {
    const before = performance.now() - (this.#parts.recheckMs ?? RECHECK_MS)
    for (const account of [...this.#watched]) {
      if (account.writtenAt > before || this.#closed) continue
      this.#watched.delete(account)
      try {
        await this.#read(account.organizationId, [account])
      } catch (err) {
        this.#parts.log.debug({ err }, 'what was spent could not be read; it will be tried again')
        account.writtenAt = performance.now()
        this.#watched.add(account)
      }
    }
    this.#recheck = undefined
    for (const account of this.#watched) return this.#watch(account)
  }

  #nameUnpriced(model: string): void {
    if (this.#unpriced.has(model) || this.#unpriced.size >= NAMED) return
    this.#unpriced.add(model)
    this.#parts.log.warn({ model }, 'a model without a configured price is used: it costs nothing')
  }
}

/** Whose limit holds; null where nobody has one. */
function limited({ project, organization }: SpendLimits): Holder | null {
  if (project !== null) return 'project'
  return organization === null ? null : 'organization'
}
