/** Who spends. */
export type Spender = { organizationId: string; projectId: string }

/** What each may spend in a calendar month, in cents; null: as much as it likes. */
export type SpendLimits = Record<Holder, number | null>

/** Who has a spend limit for a call: its project, and the organization altogether. */
export type Holder = 'project' | 'organization'

/** What is to be set aside for a call. Plain values, so that what counts it can be anywhere. */
export type Money = Spender & {
  /** Epoch milliseconds when the call was let in: the month that is charged, and that it is metered in. */
  at: number
  /** The most that the call can cost, in nano-dollars: a whole number. Nothing is held of nothing. */
  nano: number
  limits: SpendLimits
}

/** Nothing to set aside: a call that nobody can be charged for. */
export const FREE = null

/** Whose limit has no room, and whether all of it is spent or only held by calls that run. Nothing was set aside. */
export type Short = { of: Holder; isSpent: boolean }
