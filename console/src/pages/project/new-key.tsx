import { TextInput } from '@mantine/core'
import { useState } from 'react'
import { useChange } from '../../api/query.ts'
import { Sheet } from '../../patterns/sheet.tsx'
import { Lifetime } from './lifetime.tsx'
import { ShownKey } from './shown-key.tsx'

/** Makes a key of one's own, and shows it this once. */
export function NewKey({ projectId, opened, onClose }: { projectId: string; opened: boolean; onClose: () => void }) {
  const [name, type] = useState('')
  const [lifetime, choose] = useState('')
  const [secret, keep] = useState<string | null>(null)
  const { mutate, isPending, error, reset } = useChange(
    'POST /v1/organization/projects/:project_id/api_keys',
    ({ value }) => keep(value),
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
      {...{ title: 'New key', opened, onClose: close, action: 'Create key', busy: isPending, error }}
      onSubmit={() =>
        mutate({
          params: { project_id: projectId },
          body: { name, ...(lifetime !== '' && { expires_in_seconds: Number(lifetime) }) },
        })
      }
    >
      <TextInput
        label="Name"
        description="What the key is for. It is yours, and does what you may do in this project."
        value={name}
        onChange={(event) => type(event.currentTarget.value)}
        maxLength={255}
        required
        withAsterisk={false}
        data-autofocus
        autoComplete="off"
      />
      <Lifetime value={lifetime} onChange={choose} />
    </Sheet>
  )
}
