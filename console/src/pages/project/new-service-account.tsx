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
      description="What runs with it. Its first key has the same name, and may do all that it may; further ones can be narrowed."
      onSubmit={(body) => mutate({ params: { project_id: projectId }, body })}
    />
  )
}
