import { Button, Drawer } from '@mantine/core'
import type { Reply } from '../../api/operations.ts'
import { Command } from '../../patterns/command.tsx'

type InviteLinkProps = { invite: Reply<'POST /v1/organization/invites'>; onClose: () => void }

/** How an invite comes to whom it is for: this server sends no mail for it, and only who runs it makes the link. */
export const InviteLink = ({ invite, onClose }: InviteLinkProps) => (
  <Drawer opened onClose={onClose} title="The link of this invite" closeButtonProps={{ 'aria-label': 'Close' }}>
    <div className="stack">
      <p>
        <b className="typed">{invite.email}</b> becomes a member by a link. This server sends no mail for invites:
        whoever runs it makes the link with this command, beside the running server, and you send it.
      </p>
      <Command label="The command that makes the link" text={`npm run gatehouse -- invite link ${invite.id}`} />
      <p className="muted">It works until the invite expires. A link that was made before stops working.</p>
      <div className="row-end">
        <Button onClick={onClose}>Done</Button>
      </div>
    </div>
  </Drawer>
)
