import { useState } from 'react'
import { useChange } from '../../api/query.ts'
import { KeyForm } from './key-form.tsx'
import { useModelCalls } from './model-calls.ts'

/** Makes a key of one's own, and shows it this once. */
export function NewKey({ projectId, onClose }: { projectId: string; onClose: () => void }) {
  const calls = useModelCalls(projectId)
  const [secret, keep] = useState<string | null>(null)
  const { mutate, isPending, error } = useChange('POST /v1/organization/projects/:project_id/api_keys', ({ value }) =>
    keep(value),
  )
  return (
    <KeyForm
      {...{ title: 'New key', action: 'Create key', calls, secret, onClose, busy: isPending, error }}
      description="What the key is for. It is yours, and does what you may do in this project."
      onSubmit={(body) => mutate({ params: { project_id: projectId }, body })}
    />
  )
}
