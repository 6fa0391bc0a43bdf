import { TextInput } from '@mantine/core'
import { useState } from 'react'
import { useChange } from '../../api/query.ts'
import { Sheet } from '../../patterns/sheet.tsx'
import { told } from '../../patterns/told.ts'
import { Lifetime } from './lifetime.tsx'
import { ShownKey } from './shown-key.tsx'

type NewServiceAccountProps = { projectId: string; opened: boolean; onClose: () => void }

/** Makes a service account with its first key, and shows that this once. */
export function NewServiceAccount({ projectId, opened, onClose }: NewServiceAccountProps) {
  const [name, type] = useState('')
  const [lifetime, choose] = useState('')
  const [secret, keep] = useState<string | null>(null)
  const { mutate, isPending, error, reset } = useChange(
    'POST /v1/organization/projects/:project_id/service_accounts',
    ({ name, api_key }) => {
      told(`Service account '${name}' is there`)
      keep(api_key?.value ?? null)
    },
  )
  const close = () => {
    onClose()
    keep(null)
    type('')
    reset()
  }
  if (secret !== null) return <ShownKey secret={secret} onClose={close} />
  return (
    <Sheet
      {...{ title: 'New service account', opened, onClose: close, action: 'Create', busy: isPending, error }}
      onSubmit={() =>
        mutate({
          params: { project_id: projectId },
          body: { name, ...(lifetime !== '' && { expires_in_seconds: Number(lifetime) }) },
        })
      }
    >
      <KeyName description="What runs with it. Its first key has the same name." value={name} onChange={type} />
      <Lifetime value={lifetime} onChange={choose} />
    </Sheet>
  )
}

type NewKeyProps = { projectId: string; account: { id: string; name: string }; onClose: () => void }

/** A further key of a service account: the one before goes on until it is deleted, so that one can take the other's place. */
export function NewServiceAccountKey({ projectId, account, onClose }: NewKeyProps) {
  const [name, type] = useState(account.name)
  const [lifetime, choose] = useState('')
  const [secret, keep] = useState<string | null>(null)
  const { mutate, isPending, error } = useChange(
    'POST /v1/organization/projects/:project_id/service_accounts/:service_account_id/api_keys',
    ({ value }) => keep(value),
  )
  if (secret !== null) return <ShownKey secret={secret} onClose={onClose} />
  return (
    <Sheet
      {...{ title: 'New key', opened: true, onClose, action: 'Create key', busy: isPending, error }}
      onSubmit={() =>
        mutate({
          params: { project_id: projectId, service_account_id: account.id },
          body: { name, ...(lifetime !== '' && { expires_in_seconds: Number(lifetime) }) },
        })
      }
    >
      <KeyName
        description="The keys that the service account has go on until they are deleted."
        value={name}
        onChange={type}
      />
      <Lifetime value={lifetime} onChange={choose} />
    </Sheet>
  )
}

type KeyNameProps = { description: string; value: string; onChange: (name: string) => void }

const KeyName = ({ description, value, onChange }: KeyNameProps) => (
  <TextInput
    label="Name"
    description={description}
    value={value}
    onChange={(event) => onChange(event.currentTarget.value)}
    maxLength={255}
    required
    withAsterisk={false}
    data-autofocus
    autoComplete="off"
  />
)
