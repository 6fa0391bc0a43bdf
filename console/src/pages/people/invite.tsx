import { NativeSelect, TextInput } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { Reply } from '../../api/operations.ts'
import { useChange } from '../../api/query.ts'
import { Sheet } from '../../patterns/sheet.tsx'
import { InviteLink } from './invite-link.tsx'
import { InviteProjects, isLacking, NOWHERE_SAID, projectsOf } from './invite-projects.tsx'

/** Asks somebody to come. */
export function Invite({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const navigate = useNavigate()
  const [email, type] = useState('')
  const [role, choose] = useState<'reader' | 'owner'>('reader')
  const [invited, invite] = useState(NOWHERE_SAID)
  const [isWrong, tell] = useState(false)
  const [sent, send] = useState<Reply<'POST /v1/organization/invites'> | null>(null)
  const { mutate, isPending, error } = useChange('POST /v1/organization/invites', (made) => {
    send(made)
    type('')
    choose('reader')
    invite(NOWHERE_SAID)
    void navigate({ to: '/people', search: { tab: 'invites' }, replace: true })
  })
  if (sent !== null) return <InviteLink invite={sent} onClose={() => send(null)} />
  const submit = () => {
    tell(isLacking(invited))
    if (!isLacking(invited)) mutate({ body: { email, role, ...projectsOf(invited) } })
  }
  return (
    <Sheet {...{ title: 'Invite', opened, onClose, action: 'Invite', busy: isPending, error }} onSubmit={submit}>
      <TextInput
        type="email"
        label="Address"
        description="Who is to join. You make the link that they accept the invite with, and send it yourself."
        value={email}
        onChange={(event) => type(event.currentTarget.value)}
        required
        data-autofocus
        autoComplete="off"
      />
      <NativeSelect
        label="Role in the organization"
        description="Owners may do everything, in all projects. What readers may do is set in each project."
        value={role}
        onChange={(event) => choose(event.currentTarget.value as typeof role)}
        data={[
          { value: 'reader', label: 'Reader' },
          { value: 'owner', label: 'Owner' },
        ]}
      />
      <InviteProjects value={invited} onChange={invite} isWrong={isWrong && isLacking(invited)} />
    </Sheet>
  )
}
