import type { Dimension, Limits } from './catalogue.ts'

/** Whose limits are asked about: a project's, for models by their names; what no model is called so means all without limits of their own. */
export type LimitsAsked = {
  organizationId: string
  projectId: string
  /** What the project has set itself, by the row's model. */
  limits: ReadonlyMap<string, Limits>
  models: readonly string[]
}

/** One limit of a model, and how much of it counts as used now. */
export type LimitLevel = {
  /** Whose it is: an organization's is shared by all of its projects. */
  scope: 'organization' | 'project'
  dimension: Dimension
  limit: number
  periodMs: number
  /** Whether time gives it back; what batches hold comes back when they end. */
  drains: boolean
  /** Null: the counters cannot say it now. */
  level: number | null
}

/** The limits of each model, in the order in which they were asked about. Never rejects for lack of counters. */
export type ReadLevels = (asked: LimitsAsked) => Promise<LimitLevel[][]>
