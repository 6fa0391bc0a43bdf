import { useChange } from '../../api/query.ts'
import { RowAct } from '../../patterns/act.tsx'
import { Confirm } from '../../patterns/confirm.tsx'
import { told } from '../../patterns/told.ts'
import { useDenied } from '../../session/may.ts'
import type { AnyKey } from '../api-keys.tsx'

/** What the path of an operation on a key names: each kind has a path of its own. */
const paramsOf = ({ id, project }: AnyKey) => ({ project_id: project?.id ?? '', api_key_id: id, key_id: id })

/** What can be done with a key: to disable it can be undone, so nothing is asked before. */
export function KeyActions({ of: key, onDelete }: { of: AnyKey; onDelete: () => void }) {
  const denied = useDenied(key.kind === 'project' ? 'api.organization.projects.api_keys.write' : 'api.management.write')
  const isDisabled = key.disabled_at !== null
  const { mutate } = useChange(
    key.kind === 'project'
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

export function DeleteAnyKey({ apiKey, onClose }: { apiKey: AnyKey; onClose: () => void }) {
  const { mutate, isPending, error } = useChange(
    apiKey.kind === 'project'
      ? 'DELETE /v1/organization/projects/:project_id/api_keys/:api_key_id'
      : 'DELETE /v1/organization/admin_api_keys/:key_id',
    () => {
      told(`Key '${apiKey.name}' is deleted`)
      onClose()
    },
  )
  return (
    <Confirm
      title="Delete this key?"
      words={
        apiKey.project === null ? (
          'Every script that uses it is refused from now on. This cannot be undone.'
        ) : (
          <>
            Calls with it for <b>{apiKey.project.name}</b> are refused from now on, and streams that it began are cut.
            This cannot be undone.
          </>
        )
      }
      name={apiKey.name}
      action="Delete key"
      opened
      onClose={onClose}
      onConfirm={() => mutate({ params: paramsOf(apiKey) })}
      busy={isPending}
      error={error}
    />
  )
}
