import { useState } from 'react'
import type { Reply } from '../../api/operations.ts'
import { useChange } from '../../api/query.ts'
import { LinkSheet } from './link-sheet.tsx'

type InviteLinkProps = { invite: Reply<'POST /v1/organization/invites'>; onClose: () => void }

/** How an invite comes to whom it is for. */
export function InviteLink({ invite, onClose }: InviteLinkProps) {
  const [path, keep] = useState<string | null>(null)
  const { mutate, isPending, error } = useChange('POST /v1/organization/invites/:invite_id/link', (link) =>
    keep(link.path),
  )
  return (
    <LinkSheet
      title="Invite link"
      warning="Whoever has it can accept the invite."
      {...{ path, onClose, busy: isPending, error }}
      onMake={() => mutate({ params: { invite_id: invite.id } })}
    >
      <p>
        <b className="typed">{invite.email}</b> joins by a link. This server sends no mail for invites: make the link,
        and send it yourself.
      </p>
      <p className="muted">It works until the invite expires. Links made before stop working.</p>
    </LinkSheet>
  )
}
