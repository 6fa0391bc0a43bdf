import type { SchemaStanding, Standing } from '../core/dependency.ts'
import type { ListState } from '../core/model-list.ts'

/** What `/readyz` says. Not ready: what this node is there for cannot be done now. */
export type Readiness = {
  status: 'ready' | 'degraded' | 'not_ready'
  model_lists: Record<string, ListState>
} & Record<string, unknown>

/** What each says of the whole. */
const statuses: Record<Standing | SchemaStanding, Readiness['status']> = {
  ...{ ok: 'ready', degraded: 'degraded', unavailable: 'not_ready' },
  ...{ own: 'ready', newer: 'ready', too_new: 'not_ready', older: 'not_ready' },
}

/**
 * Whether this node can do its work, by all that it needs. A list of models that cannot be read is said beside it: calls go on
 * without.
 */
export function readinessOf(
  needed: Record<string, Standing | SchemaStanding>,
  modelLists: Record<string, ListState>,
): Readiness {
  const all = new Set(Object.values(needed).map((standing) => statuses[standing]))
  const status = all.has('not_ready') ? 'not_ready' : all.has('degraded') ? 'degraded' : 'ready'
  return { status, ...needed, model_lists: modelLists }
}
