import type { SavedLevel } from '../../limits/memory.ts'

/** What the database has of an organization's spending in a month, all as of one moment. */
export type Reading = {
  /** Nano-dollars by project; empty text: the organization's. Who is missing has spent nothing. */
  totals: ReadonlyMap<string, bigint>
  /** The last batch that each writer of usage had in it. */
  batches: Readonly<Record<string, number>>
}

/** An account in one month. @property projectId empty: the organization altogether @property month `2026-11` */
export type AccountId = { organizationId: string; projectId: string; month: string }

/** Where Redis gets what it does not have: it is restored from the database, before the first call is counted. */
export interface Source {
  /** Names this process. */
  readonly writer: string
  spent: (organizationId: string, projectIds: readonly string[], month: string) => Promise<Reading>
  /**
   * Nano-dollars of an account that this process has written with the batches that the database had.
   * @throws Error where that is not known yet
   */
  written: (account: AccountId, batches: Reading['batches']) => Promise<bigint>
  /** The levels of an organization's days, drained to now. */
  days: (organizationId: string) => Promise<readonly SavedLevel[]>
}
