import type { ProjectRules } from '../keys/rules.ts'

/** Who has a spend limit for a call: its project, and the organization altogether. */
export type Holder = 'project' | 'organization'

/** What is to be set aside for a call. Plain values, so that what counts it can be anywhere. */
export type Money = {
  organizationId: string
  projectId: string
  /** Epoch milliseconds when the call was let in: the month that is charged, and that it is metered in. */
  at: number
  /** The most that the call can cost, in nano-dollars: a whole number. Nothing is held of nothing. */
  nano: number
  /** What each may spend in that month, in cents; null: as much as it likes. */
  limits: ProjectRules['spendLimits']
}

/** Nothing to set aside: a call that nobody can be charged for. */
export const FREE = null

/** Whose limit has no room, and whether all of it is spent or only held by calls that run. Nothing was set aside. */
export type Short = { of: Holder; isSpent: boolean }
