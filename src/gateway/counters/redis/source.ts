import type { SpentBy } from '../../../db/spend-of-writer.ts'
import type { SavedLevel } from '../../limits/memory.ts'

/** An account in one month. @property projectId empty: the organization altogether @property month `2026-11` */
export type AccountId = { organizationId: string; projectId: string; month: string }

/** Where Redis gets what it does not have, before the first call is counted: what it has lost, and what it was never told. */
export interface Source {
  /** Names this process, there and in Redis: what it has spent is told under it, by whichever thread. */
  readonly writer: string
  /** What the database has of spending in a month, and who has brought it, all as of one moment. */
  spent: (organizationId: string, projectIds: readonly string[], month: string) => Promise<readonly SpentBy[]>
  /** The levels of an organization's days, drained to now. */
  days: (organizationId: string) => Promise<readonly SavedLevel[]>
}
