import { useState } from 'react'
import { useChange } from '../../api/query.ts'
import { KeyForm } from './key-form.tsx'
import { KeyOwner } from './key-owner.tsx'
import { KeyScopesField, useKeyScopes } from './key-scopes.tsx'
import type { Project } from './known.ts'
import { useModelCalls } from './model-calls.ts'

/** Makes a key of one's own, or of somebody else, and shows it this once. */
export function NewKey({ project, onClose }: { project: Project; onClose: () => void }) {
  const calls = useModelCalls(project.id)
  const [secret, keep] = useState<string | null>(null)
  const [owner, choose] = useState<string | null>(null)
  const narrowed = useKeyScopes()
  const { mutate, isPending, error } = useChange('POST /v1/organization/projects/:project_id/api_keys', ({ value }) =>
    keep(value),
  )
  return (
    <KeyForm
      {...{ title: 'New key', action: 'Create key', calls, secret, onClose, busy: isPending, error }}
      description="What the key is for."
      onSubmit={(body) => {
        const { scopes } = narrowed
        if (narrowed.check()) mutate({ params: { project_id: project.id }, body: { ...body, scopes, user_id: owner } })
      }}
    >
      <KeyOwner project={project} value={owner} onChange={choose} />
      <KeyScopesField of={narrowed} whose={owner === null ? 'you' : 'they'} project={project} />
    </KeyForm>
  )
}
