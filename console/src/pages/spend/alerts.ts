import type { Input, Item } from '../../api/operations.ts'
import { useChange, useRead } from '../../api/query.ts'
import type { Whose } from './whose.ts'

export type Alert = Omit<Item<'GET /v1/organization/spend_alerts'>, 'object'>
type Told = Pick<Alert, 'threshold_amount'>
type AlertInput = Input<'POST /v1/organization/spend_alerts'>['body']

/** Of either twenty at most, which is one page. */
const query = { limit: 100 }

/** Who is told of what is spent. */
export function useAlerts(whose: Whose) {
  const isAll = whose === 'organization'
  const params = { project_id: isAll ? '' : whose.id }
  const all = useRead('GET /v1/organization/spend_alerts', { query }, isAll)
  const own = useRead('GET /v1/organization/projects/:project_id/spend_alerts', { params, query }, !isAll)
  return isAll ? all : own
}

/** A new alert, or another one in the place of one. @param id of the one that is changed; null: it is new */
export function useSaveAlert(whose: Whose, id: string | null, onDone: (alert: Told) => void) {
  const path = 'spend_alerts'
  const one = `${path}/:alert_id` as const
  const create = useChange(`POST /v1/organization/${path}`, onDone)
  const change = useChange(`POST /v1/organization/${one}`, onDone)
  const createOwn = useChange(`POST /v1/organization/projects/:project_id/${path}`, onDone)
  const changeOwn = useChange(`POST /v1/organization/projects/:project_id/${one}`, onDone)
  const isAll = whose === 'organization'
  const { isPending, error } = isAll ? (id === null ? create : change) : id === null ? createOwn : changeOwn
  const save = (body: AlertInput) => {
    if (isAll) {
      if (id === null) create.mutate({ body })
      else change.mutate({ params: { alert_id: id }, body })
    } else {
      const params = { project_id: whose.id }
      if (id === null) createOwn.mutate({ params, body })
      else changeOwn.mutate({ params: { ...params, alert_id: id }, body })
    }
  }
  return { save, isPending, error }
}

export function useDeleteAlert(whose: Whose, onDone: () => void) {
  const all = useChange('DELETE /v1/organization/spend_alerts/:alert_id', onDone)
  const own = useChange('DELETE /v1/organization/projects/:project_id/spend_alerts/:alert_id', onDone)
  const { isPending, error } = whose === 'organization' ? all : own
  const remove = (alert_id: string) =>
    whose === 'organization'
      ? all.mutate({ params: { alert_id } })
      : own.mutate({ params: { project_id: whose.id, alert_id } })
  return { remove, isPending, error }
}
