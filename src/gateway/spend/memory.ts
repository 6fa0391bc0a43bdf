import type { UsageEntry } from '../../core/usage-entry.ts'
import { WHOLE_ORGANIZATION } from '../../db/spend.ts'
import type { UsageFollower } from '../../ledger/usage.ts'
import type { Account } from './account.ts'
import type { Accounts } from './accounts.ts'
import type { Money, Short, Spender } from './money.ts'
import { notKnownYet } from './over-limit.ts'
import type { ReadSpent } from './reading.ts'
import { Reservation } from './reservation.ts'
import { hasRoom, isSpent } from './room.ts'

/**
 * What projects and organizations spend in a calendar month, UTC, in this thread. The most that a call can cost is reserved
 * before it and settled after it; the database has the totals, which are written with the usage. With several nodes each
 * knows what the others have spent as of the last load of the rules, five seconds ago at most.
 */
export class MemoryMoney implements UsageFollower {
  readonly #accounts: Accounts
  readonly #readSpent: ReadSpent
  /** Changes whenever writing begins or ends. */
  #beat = 0
  #writing = false
  #readings = 0

  constructor(accounts: Accounts, readSpent: ReadSpent) {
    this.#accounts = accounts
    this.#readSpent = readSpent
  }

  /** Accounts in memory: bounded by the projects that were used in the last ten minutes. */
  get size(): number {
    return this.#accounts.size
  }

  /**
   * What is to be held for a call where both limits have room for it; nothing is held yet, so that nothing has to be given
   * back where something else refuses the call.
   * @throws ApiError 503 where nobody has read what was spent
   */
  fitting(money: Money): Reservation | Short {
    const { at, limits } = money
    const project = this.#known(money, money.projectId)
    const organization = this.#known(money, WHOLE_ORGANIZATION)
    const nano = BigInt(money.nano)
    const ofProject = project.ledger(at)
    const ofOrganization = organization.ledger(at)
    const projectLimit = project.limit(limits.project)
    if (!hasRoom(ofProject.spent, ofProject.held, nano, projectLimit))
      return { of: 'project', isSpent: isSpent(ofProject.spent, projectLimit) }
    const limit = organization.limit(limits.organization)
    if (!hasRoom(ofOrganization.spent, ofOrganization.held, nano, limit))
      return { of: 'organization', isSpent: isSpent(ofOrganization.spent, limit) }
    return new Reservation(ofProject, ofOrganization, nano)
  }

  /**
   * Reads what a project and its organization have spent and what their batches hold, and takes it up. A total that was read while costs were
   * written counts them or not, nobody knows: it is left, and the one before stays, with what was written here added.
   */
  async load(spender: Spender): Promise<void> {
    const { organizationId, projectId } = spender
    const accounts = [WHOLE_ORGANIZATION, projectId].map((id) => this.#accounts.open(organizationId, id))
    this.#accounts.evict()
    const [number, beat, isCertain] = [++this.#readings, this.#beat, !this.#writing]
    const reading = await this.#readSpent(spender)
    for (const account of accounts) {
      const ledger = account.turnTo(reading.month)
      // An older reading than the one that holds says nothing any more.
      if (account.loaded && number < ledger.reading) continue
      // Of an account that is new here, nothing can be on its way.
      const isWhole = !account.loaded || (isCertain && beat === this.#beat)
      const { projectId } = account
      ledger.read(reading.spent.get(projectId) ?? 0n, reading.held.get(projectId) ?? 0n, isWhole)
      if (isWhole) ledger.reading = number
      account.loaded = true
    }
  }

  flushing(): void {
    this.#beat++
    this.#writing = true
  }

  flushed(entries: readonly UsageEntry[]): void {
    this.#beat++
    this.#writing = false
    for (const { kind, organization_id, project_id, at, amount_nano = 0 } of entries) {
      if (kind !== 'costs' || amount_nano === 0) continue
      const nano = BigInt(amount_nano)
      this.#wrote(organization_id, WHOLE_ORGANIZATION, at * 1000, nano)
      if (project_id) this.#wrote(organization_id, project_id, at * 1000, nano)
    }
  }

  #wrote(organizationId: string, projectId: string, at: number, nano: bigint): void {
    const ledger = this.#accounts.get(organizationId, projectId)?.find(at)
    if (!ledger) return
    ledger.unwritten -= nano
    ledger.written += nano
  }

  /** An account whose total was read, as it was when the rules were loaded that the call is judged by. */
  #known(money: Money, projectId: string): Account {
    const account = this.#accounts.get(money.organizationId, projectId)
    if (account?.loaded) return account
    throw notKnownYet(money, projectId === WHOLE_ORGANIZATION ? 'organization' : 'project')
  }
}
