import { Button, Drawer } from '@mantine/core'
import { useState } from 'react'
import type { Reply } from '../../api/operations.ts'
import { useChange } from '../../api/query.ts'
import { Command } from '../../patterns/command.tsx'
import { Sheet } from '../../patterns/sheet.tsx'

type InviteLinkProps = { invite: Reply<'POST /v1/organization/invites'>; onClose: () => void }

/** How an invite comes to whom it is for: this server sends no mail for it, so who invites makes a link and sends it. */
export function InviteLink({ invite, onClose }: InviteLinkProps) {
  const [path, keep] = useState<string | null>(null)
  const { mutate, isPending, error } = useChange('POST /v1/organization/invites/:invite_id/link', (link) =>
    keep(link.path),
  )
  const title = 'The link of this invite'
  if (path === null) {
    return (
      <Sheet
        {...{ title, opened: true, onClose, action: 'Make link', busy: isPending, error }}
        onSubmit={() => mutate({ params: { invite_id: invite.id } })}
      >
        <p>
          <b className="typed">{invite.email}</b> becomes a member by a link. This server sends no mail for invites:
          make the link, and send it yourself.
        </p>
        <p className="muted">It works until the invite expires. A link that was made before stops working.</p>
      </Sheet>
    )
  }
  return (
    <Drawer opened onClose={onClose} title={title} closeOnClickOutside={false}>
      <div className="stack">
        <p className="notice warn">Copy it now: it is not shown again. Whoever has it can accept the invite.</p>
        <Command label="The link" text={location.origin + path} />
        <div className="row-end">
          <Button onClick={onClose}>Done</Button>
        </div>
      </div>
    </Drawer>
  )
}
