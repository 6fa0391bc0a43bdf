import { useState } from 'react'
import { useChange } from '../../api/query.ts'
import { KeyForm } from './key-form.tsx'
import { KeyScopesField, useKeyScopes } from './key-scopes.tsx'
import type { Project } from './known.ts'
import { useModelCalls } from './model-calls.ts'

type NewKeyProps = { project: Project; account: { id: string; name: string }; onClose: () => void }

/** A further key of a service account: the one before goes on until it is deleted, so that one can take the other's place. */
export function NewAccountKey({ project, account, onClose }: NewKeyProps) {
  const calls = useModelCalls(project.id)
  const [secret, keep] = useState<string | null>(null)
  const narrowed = useKeyScopes()
  const { mutate, isPending, error } = useChange(
    'POST /v1/organization/projects/:project_id/service_accounts/:service_account_id/api_keys',
    ({ value }) => keep(value),
  )
  const params = { project_id: project.id, service_account_id: account.id }
  return (
    <KeyForm
      {...{ title: 'New key', action: 'Create key', calls, offered: account.name, secret, onClose }}
      {...{ busy: isPending, error }}
      description="The keys that the service account has go on until they are deleted."
      onSubmit={(body) => {
        if (narrowed.check()) mutate({ params, body: { ...body, scopes: narrowed.scopes } })
      }}
    >
      <KeyScopesField of={narrowed} whose="the service account" project={project} />
    </KeyForm>
  )
}
