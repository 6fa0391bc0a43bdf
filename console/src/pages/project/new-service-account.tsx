import { useState } from 'react'
import { useChange } from '../../api/query.ts'
import { told } from '../../patterns/told.ts'
import { KeyForm } from './key-form.tsx'
import { useModelCalls } from './model-calls.ts'

/** Makes a service account with its first key, and shows that this once. */
export function NewServiceAccount({ projectId, onClose }: { projectId: string; onClose: () => void }) {
  const calls = useModelCalls(projectId)
  const [secret, keep] = useState<string | null>(null)
  const { mutate, isPending, error } = useChange(
    'POST /v1/organization/projects/:project_id/service_accounts',
    ({ name, api_key }) => {
      told(`Service account '${name}' is there`)
      keep(api_key?.value ?? null)
    },
  )
  return (
    <KeyForm
      {...{ title: 'New service account', action: 'Create', calls, secret, onClose, busy: isPending, error }}
      description="What runs with it. Its first key has the same name."
      onSubmit={(body) => mutate({ params: { project_id: projectId }, body })}
    />
  )
}

type NewKeyProps = { projectId: string; account: { id: string; name: string }; onClose: () => void }

/** A further key of a service account: the one before goes on until it is deleted, so that one can take the other's place. */
export function NewServiceAccountKey({ projectId, account, onClose }: NewKeyProps) {
  const calls = useModelCalls(projectId)
  const [secret, keep] = useState<string | null>(null)
  const { mutate, isPending, error } = useChange(
    'POST /v1/organization/projects/:project_id/service_accounts/:service_account_id/api_keys',
    ({ value }) => keep(value),
  )
  return (
    <KeyForm
      {...{ title: 'New key', action: 'Create key', calls, offered: account.name, secret, onClose }}
      {...{ busy: isPending, error }}
      description="The keys that the service account has go on until they are deleted."
      onSubmit={(body) => mutate({ params: { project_id: projectId, service_account_id: account.id }, body })}
    />
  )
}
