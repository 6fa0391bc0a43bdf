import { NativeSelect, TextInput } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { Reply } from '../../api/operations.ts'
import { useChange } from '../../api/query.ts'
import { Sheet } from '../../patterns/sheet.tsx'
import { InviteLink } from './invite-link.tsx'

/** Asks somebody to come. */
export function Invite({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const navigate = useNavigate()
  const [email, type] = useState('')
  const [role, choose] = useState<'reader' | 'owner'>('reader')
  const [sent, send] = useState<Reply<'POST /v1/organization/invites'> | null>(null)
  const { mutate, isPending, error } = useChange('POST /v1/organization/invites', (invite) => {
    send(invite)
    type('')
    choose('reader')
    void navigate({ to: '/people', search: { tab: 'invites' }, replace: true })
  })
  if (sent !== null) return <InviteLink invite={sent} onClose={() => send(null)} />
  return (
    <Sheet
      {...{ title: 'Invite', opened, onClose, action: 'Invite', busy: isPending, error }}
      onSubmit={() => mutate({ body: { email, role } })}
    >
      <TextInput
        type="email"
        label="Address"
        description="Who accepts is a member of the default project, and is added to others on their pages."
        value={email}
        onChange={(event) => type(event.currentTarget.value)}
        required
        data-autofocus
        autoComplete="off"
      />
      <NativeSelect
        label="Role in the organization"
        description="An owner may do everything, in all projects. What a reader may do is said in each project."
        value={role}
        onChange={(event) => choose(event.currentTarget.value as typeof role)}
        data={[
          { value: 'reader', label: 'Reader' },
          { value: 'owner', label: 'Owner' },
        ]}
      />
    </Sheet>
  )
}
