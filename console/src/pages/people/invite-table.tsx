import type { ReactNode } from 'react'
import type { Item } from '../../api/operations.ts'
import { useChange, useRead } from '../../api/query.ts'
import { RowAct } from '../../patterns/act.tsx'
import { Confirm } from '../../patterns/confirm.tsx'
import { Empty } from '../../patterns/empty.tsx'
import { List } from '../../patterns/list.tsx'
import { useOpened } from '../../patterns/opened.ts'
import { type Column, Name } from '../../patterns/table.tsx'
import { Time } from '../../patterns/time.tsx'
import { told } from '../../patterns/told.ts'
import { useDenied } from '../../session/may.ts'
import { InviteLink } from './invite-link.tsx'
import { AllInvitedTo, InvitedTo } from './invited-to.tsx'
import { organizationRoles } from './user-table.tsx'

type Invite = Item<'GET /v1/organization/invites'>

const idOf = ({ id }: Invite) => id

const standings = {
  pending: <span className="badge warn">Pending</span>,
  accepted: <span className="badge good">Accepted</span>,
  expired: <span className="badge">Expired</span>,
}

/** Who was asked to come. */
export function InviteTable({ after, action }: { after: string | undefined; action: ReactNode }) {
  const { rowOf, open, close } = useOpened<'link' | 'withdraw'>()
  const denied = useDenied()
  const invites = useRead('GET /v1/organization/invites', { query: { after, limit: 100, order: 'desc' } })
  const the = (what: 'link' | 'withdraw') => rowOf(what, invites.data?.data, idOf, denied)
  const [linked, withdrawn] = [the('link'), the('withdraw')]
  const columns: Column<Invite>[] = [
    { title: 'Address', cell: ({ email }) => <Name>{email}</Name> },
    { title: 'Role', as: 'wide', cell: ({ role }) => organizationRoles[role] },
    { title: 'Projects', as: 'wide', cell: ({ projects }) => <InvitedTo projects={projects} /> },
    { title: 'Status', cell: ({ status }) => standings[status] },
    { title: 'Sent', as: 'wide', cell: ({ created_at }) => <Time at={created_at} /> },
    { title: 'Expires', as: 'wide', cell: ({ expires_at }) => <Time at={expires_at} as="ago" /> },
    {
      title: 'Actions',
      as: 'end',
      cell: (invite) =>
        invite.status !== 'accepted' && (
          <>
            {invite.status === 'pending' && (
              <RowAct word="Link" of={`of the invite to ${invite.email}`} onClick={() => open('link', invite.id)} />
            )}
            <RowAct word="Withdraw" of={`the invite to ${invite.email}`} onClick={() => open('withdraw', invite.id)} />
          </>
        ),
    },
  ]
  return (
    <>
      <List
        label="Invites"
        read={invites}
        columns={columns}
        keyOf={idOf}
        after={after}
        detail={({ projects }) => <AllInvitedTo projects={projects} />}
        empty={
          <Empty
            title="No invites"
            words="Invite people by their address: they become members when they accept."
            action={action}
          />
        }
      />
      {linked && <InviteLink invite={linked} onClose={close} />}
      {withdrawn && <Withdraw invite={withdrawn} onClose={close} />}
    </>
  )
}

function Withdraw({ invite, onClose }: { invite: Invite; onClose: () => void }) {
  const { mutate, isPending, error } = useChange('DELETE /v1/organization/invites/:invite_id', () => {
    told(`The invite to ${invite.email} is withdrawn`)
    onClose()
  })
  return (
    <Confirm
      title="Withdraw this invite?"
      words={
        <>
          The link that <b>{invite.email}</b> has stops working.
        </>
      }
      name={invite.email}
      action="Withdraw"
      opened
      onClose={onClose}
      onConfirm={() => mutate({ params: { invite_id: invite.id } })}
      busy={isPending}
      error={error}
    />
  )
}
