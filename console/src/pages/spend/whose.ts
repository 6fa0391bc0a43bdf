import type { Reply } from '../../api/operations.ts'
import { useChange, useRead } from '../../api/query.ts'
import type { Project } from '../project/known.ts'

/** Whose money is spent: a project's, or that of all projects of the organization together. */
export type Whose = Project | 'organization'

export type Use = Pick<Reply<'GET /v1/organization/projects/:project_id/spend_limit/usage'>, 'limits' | 'resets_at'>
type Limit = { threshold_amount: number }

const MONTH = { currency: 'USD', interval: 'month' } as const
const idOf = (whose: Whose) => (whose === 'organization' ? '' : whose.id)

/** What was spent this month, of which limit. */
export function useSpent(whose: Whose, enabled = true) {
  const isAll = whose === 'organization'
  const params = { project_id: idOf(whose) }
  const path = 'spend_limit/usage'
  const all = useRead(`GET /v1/organization/${path}`, {}, enabled && isAll)
  const own = useRead(`GET /v1/organization/projects/:project_id/${path}`, { params }, enabled && !isAll)
  return isAll ? all : own
}

/** A change of the limit. @param onDone with what holds now */
export function useSetLimit(whose: Whose, onDone: (limit: Limit) => void) {
  const all = useChange('POST /v1/organization/spend_limit', onDone)
  const own = useChange('POST /v1/organization/projects/:project_id/spend_limit', onDone)
  const { isPending, error } = whose === 'organization' ? all : own
  /** @param threshold_amount in cents */
  const set = (threshold_amount: number) => {
    const body = { threshold_amount, ...MONTH }
    if (whose === 'organization') all.mutate({ body })
    else own.mutate({ params: { project_id: whose.id }, body })
  }
  return { set, isPending, error }
}

export function useRemoveLimit(whose: Whose, onDone: () => void) {
  const all = useChange('DELETE /v1/organization/spend_limit', onDone)
  const own = useChange('DELETE /v1/organization/projects/:project_id/spend_limit', onDone)
  const { isPending, error } = whose === 'organization' ? all : own
  const remove = () => (whose === 'organization' ? all.mutate({}) : own.mutate({ params: { project_id: whose.id } }))
  return { remove, isPending, error }
}
