import type { Standing } from '../core/dependency.ts'
import type { ListState } from '../core/model-list.ts'

/** What `/readyz` says. Not ready: what this node is there for cannot be done now. */
export type Readiness = {
  status: 'ready' | 'degraded' | 'not_ready'
  model_lists: Record<string, ListState>
} & Record<string, unknown>

/**
 * Whether this node can do its work, by all that it needs. A list of models that cannot be read is said beside it: calls go on
 * without.
 */
export function readinessOf(needed: Record<string, Standing>, modelLists: Record<string, ListState>): Readiness {
  const all = Object.values(needed)
  const status = all.includes('unavailable') ? 'not_ready' : all.includes('degraded') ? 'degraded' : 'ready'
  return { status, ...needed, model_lists: modelLists }
}
