import { useChange } from '../../api/query.ts'
import { RowAct } from '../../patterns/act.tsx'
import { Confirm } from '../../patterns/confirm.tsx'
import { told } from '../../patterns/told.ts'
import type { AnyKey } from '../api-keys.tsx'

/** A key of any kind, as far as it takes to stop it. */
type StoppedKey = Pick<AnyKey, 'id' | 'name' | 'status'> & {
  /** Where it calls models; null: it is an admin key. */
  projectId: string | null
}

/** What the path of an operation on a key names: each kind has a path of its own. */
const paramsOf = ({ id, projectId }: StoppedKey) => ({ project_id: projectId ?? '', api_key_id: id, key_id: id })

type KeyActionsProps = {
  of: StoppedKey
  /** Why it cannot be stopped, and who could; null: it can. */
  denied: string | null
  onDelete: () => void
}

/** What can be done with a key: to disable it can be undone, so nothing is asked before. One that has expired opens nothing as it is. */
export function KeyActions({ of: key, denied, onDelete }: KeyActionsProps) {
  const isDisabled = key.status === 'disabled'
  const { mutate } = useChange(
    key.projectId !== null
      ? 'POST /v1/organization/projects/:project_id/api_keys/:api_key_id'
      : 'POST /v1/organization/admin_api_keys/:key_id',
    () => told(`Key '${key.name}' is ${isDisabled ? 'enabled again' : 'disabled: calls with it are refused'}`),
  )
  const toggle = () =>
    mutate({ params: paramsOf(key), body: { disabled: !isDisabled } }, { onError: ({ message }) => told(message) })
  return (
    <>
      {key.status !== 'expired' && (
        <RowAct denied={denied} word={isDisabled ? 'Enable' : 'Disable'} of={key.name} onClick={toggle} />
      )}
      <RowAct denied={denied} word="Delete" of={key.name} onClick={onDelete} />
    </>
  )
}

export function DeleteKey({ of: key, onClose }: { of: StoppedKey; onClose: () => void }) {
  const { mutate, isPending, error } = useChange(
    key.projectId !== null
      ? 'DELETE /v1/organization/projects/:project_id/api_keys/:api_key_id'
      : 'DELETE /v1/organization/admin_api_keys/:key_id',
    () => {
      told(`Key '${key.name}' is deleted`)
      onClose()
    },
  )
  return (
    <Confirm
      title="Delete this key?"
      words={
        key.projectId !== null
          ? 'Calls with it are refused from now on, and streams that it began are cut. This cannot be undone.'
          : 'Every script that uses it is refused from now on. This cannot be undone.'
      }
      name={key.name}
      action="Delete key"
      opened
      onClose={onClose}
      onConfirm={() => mutate({ params: paramsOf(key) })}
      busy={isPending}
      error={error}
    />
  )
}
