import { useState } from 'react'
import type { Item } from '../../api/operations.ts'
import { useChange, useRead } from '../../api/query.ts'
import { RowAct } from '../../patterns/act.tsx'
import { Confirm } from '../../patterns/confirm.tsx'
import { List } from '../../patterns/list.tsx'
import { type Column, Name } from '../../patterns/table.tsx'
import { Time } from '../../patterns/time.tsx'
import { told } from '../../patterns/told.ts'
import { useDenied, useMayAll } from '../../session/may.ts'
import { RolesSheet } from '../roles/roles-sheet.tsx'
import { ResetFactor } from './reset-factor.tsx'

type User = Item<'GET /v1/organization/users'>

const nameOf = ({ name, email, id }: User) => name || email || id
export const organizationRoles = { owner: 'Owner', reader: 'Reader' }

/** The users of the organization. */
export function UserTable({ after }: { after: string | undefined }) {
  const [leaving, remove] = useState<User | null>(null)
  const [locked, reset] = useState<User | null>(null)
  const [shown, show] = useState<User | null>(null)
  const where = { may: useMayAll() }
  const denied = useDenied()
  const users = useRead('GET /v1/organization/users', { query: { after } })
  const columns: Column<User>[] = [
    { title: 'Name', cell: (user) => <Name>{nameOf(user)}</Name> },
    {
      title: 'Address',
      as: 'wide',
      cell: ({ email }) => (
        <span className="cut muted" title={email ?? ''}>
          {email}
        </span>
      ),
    },
    {
      title: 'Role',
      cell: ({ role }) => (role === null ? <span className="muted">None</span> : organizationRoles[role]),
    },
    { title: 'Key last used', as: 'wide', cell: (user) => <Time at={user.api_key_last_used_at} as="ago" /> },
    { title: 'Added', as: 'wide', cell: ({ added_at }) => <Time at={added_at} /> },
    {
      title: 'Actions',
      as: 'end',
      cell: (user) => (
        <>
          <RowAct word="Roles" of={`of ${nameOf(user)}`} onClick={() => show(user)} />
          <RowAct word="Reset factor" of={nameOf(user)} onClick={() => reset(user)} />
          <RowAct denied={denied} word="Remove" of={nameOf(user)} onClick={() => remove(user)} />
        </>
      ),
    },
  ]
  return (
    <>
      <List
        label="Users"
        read={users}
        columns={columns}
        keyOf={({ id }) => id}
        after={after}
        empty={<p className="muted">There is nobody here.</p>}
      />
      {locked && <ResetFactor user={locked} name={nameOf(locked)} onClose={() => reset(null)} />}
      {shown && (
        <RolesSheet
          holder={{ kind: 'user', id: shown.id, name: nameOf(shown) }}
          {...{ where, denied }}
          onClose={() => show(null)}
        />
      )}
      {leaving && <RemoveUser user={leaving} onClose={() => remove(null)} />}
    </>
  )
}

function RemoveUser({ user, onClose }: { user: User; onClose: () => void }) {
  const { mutate, isPending, error } = useChange('DELETE /v1/organization/users/:user_id', () => {
    told(`${nameOf(user)} is not in the organization any more`)
    onClose()
  })
  return (
    <Confirm
      title="Remove from the organization?"
      words={
        <>
          <b>{nameOf(user)}</b> leaves the organization and all of its projects, and every key of theirs stops working.
        </>
      }
      name={user.email ?? nameOf(user)}
      action="Remove"
      opened
      onClose={onClose}
      onConfirm={() => mutate({ params: { user_id: user.id } })}
      busy={isPending}
      error={error}
    />
  )
}
