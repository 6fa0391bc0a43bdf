import { monthOf } from '../../core/month.ts'
import { WHOLE_ORGANIZATION } from '../../db/spend.ts'
import { Account } from './account.ts'

/** How long an account that nobody asks for is kept: far longer than rules are believed. */
const KEPT_MS = 600_000
/** Accounts looked at for eviction at each load: more than can be new, so that the idle ones go. */
const SWEPT = 4

/** What an account is known by: the project, or the organization altogether. */
export const idOf = (organizationId: string, projectId: string) =>
  projectId === WHOLE_ORGANIZATION ? organizationId : projectId

/** The accounts in memory: as many as projects and organizations were used in the last ten minutes, and no more. */
export class Accounts {
  /** By the project's or the organization's id, in the order in which they were last opened. */
  readonly #byId = new Map<string, Account>()
  readonly #now: () => number

  /** @param now milliseconds since the epoch */
  constructor(now: () => number) {
    this.#now = now
  }

  get size(): number {
    return this.#byId.size
  }

  /** An account as it is in memory. @param projectId empty: the organization's */
  get(organizationId: string, projectId: string): Account | undefined {
    return this.#byId.get(idOf(organizationId, projectId))
  }

  /** The same, made where there is none; it is kept for another while. */
  open(organizationId: string, projectId: string): Account {
    const id = idOf(organizationId, projectId)
    const account = this.#byId.get(id) ?? new Account(organizationId, projectId, monthOf(this.#now()))
    account.usedAt = performance.now()
    // Behind all others: the map's order says who was asked for when.
    this.#byId.delete(id)
    this.#byId.set(id, account)
    return account
  }

  /** Forgets some that nobody asked for in a while, except those that hold money or have some that is not written. */
  evict(): void {
    const now = performance.now()
    let left = SWEPT
    for (const [id, account] of this.#byId) {
      if (account.usedAt > now - KEPT_MS || left-- === 0) return
      this.#byId.delete(id)
      if (account.isIdle) continue
      account.usedAt = now
      this.#byId.set(id, account)
    }
  }
}
